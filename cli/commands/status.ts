import * as v from 'valibot';
import { describeDocJob, type JobSource } from '../../lib/doc-jobs/describe.js';
import type { DocJob } from '../../lib/doc-jobs/doc-job.js';
import { jobId, region, bucket } from '../args.js';
import { command } from '../command.js';
import { NotThereError, UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { fieldLines } from '../output.js';
import { withService } from '../services.js';
import type { Style } from '../style.js';

/** `docjob status <jobId>`: what CI says about one job. */
export const status = command({
  name: 'status',
  summary: 'say what CI knows about a job',
  details: 'Ends with 1 for a job that failed or was cancelled, and with 5 for one that CI does not know.',
  examples: [
    { line: 'docjob status d13cfd584cd9011ea820b597ad1785a2f', says: 'of a job of SOURCE_BUCKET' },
    {
      line: 'docjob status d13cfd584cd9011ea820b597ad1785a2f --bucket docs-1250000000 --region ap-beijing --json',
      says: 'of a job of another bucket, for a script',
    },
  ],
  declare: (declared) => {
    declared
      .argument('<jobId>', 'the ID that the create call returned')
      .option('--bucket <name>', 'the source bucket (default: SOURCE_BUCKET)')
      .option('--region <name>', 'its region (default: SOURCE_REGION)');
  },
  args: v.object({ jobId, bucket: v.optional(bucket), region: v.optional(region) }),
  run: async (args, context) =>
    withService(context, async ({ config, requester }) => {
      const source = sourceOf(args, config.source);
      const answer = await describeDocJob(requester, source, args.jobId);
      if (answer.kind === 'missing') {
        throw new NotThereError(
          'unknown-job',
          `CI knows no job ${args.jobId} in ${source.bucket} (${source.region}): it keeps jobs for a month, and each in the bucket of its document`,
          answer.requestId,
        );
      }
      const { job } = answer;
      context.output.result(inJson(job, source, answer.requestId), (style) => inWords(job, source, style));
      return exitCodeOf(job);
    }),
});

/** The bucket that was named, or the one of the settings. @throws UsageError for half of one. */
export function sourceOf(
  named: {
    readonly bucket?: JobSource['bucket'] | undefined;
    readonly region?: JobSource['region'] | undefined;
  },
  fallback: JobSource,
): JobSource {
  const { bucket: name, region: place } = named;
  if (name === undefined && place === undefined) return fallback;
  if (name !== undefined && place !== undefined) return { bucket: name, region: place };
  throw new UsageError(
    `--${name === undefined ? 'bucket' : 'region'} is missing: give --bucket and --region together`,
  );
}

function exitCodeOf({ state }: DocJob): ExitCode {
  return state === 'Failed' || state === 'Cancel' ? EXIT.foundWrong : EXIT.ok;
}

function inJson(job: DocJob, { bucket, region }: JobSource, requestId: string | undefined): unknown {
  const { jobId, state, code, message, tag, queueId, userData, output } = job;
  return {
    jobId,
    state,
    reportedState: job.state === 'Unrecognized' ? job.reportedState : null,
    code,
    message,
    tag,
    queueId,
    userData,
    source: { bucket, region, object: job.inputObject },
    output,
    creationTime: job.creationTime?.iso ?? null,
    startTime: job.startTime?.iso ?? null,
    endTime: job.endTime?.iso ?? null,
    counts: job.state === 'Success' ? job.counts : null,
    pages: job.state === 'Success' ? job.pages.length : null,
    requestId: requestId ?? null,
  };
}

function inWords(job: DocJob, { bucket, region }: JobSource, style: Style): string {
  const place = (at: { bucket: string; region: string; object: string | null }): string =>
    `${at.object ?? ''} in ${at.bucket} (${at.region})`;
  const counts = job.state === 'Success' ? job.counts : undefined;
  return fieldLines(
    [
      ['job', job.jobId],
      ['state', job.state === 'Unrecognized' ? `${job.reportedState}, which nobody knows` : job.state],
      ['code', job.code],
      ['message', job.message],
      ['created', job.creationTime?.iso],
      ['started', job.startTime?.iso],
      ['ended', job.endTime?.iso],
      ['document', place({ bucket, region, object: job.inputObject })],
      ['pictures', job.output === null ? undefined : place(job.output)],
      ['pages', counts === undefined ? undefined : pagesText(job, counts)],
      ['CI queue', job.queueId],
      ['user data', job.userData],
    ],
    style,
  );
}

function pagesText(
  job: DocJob,
  {
    total,
    succeeded,
    failed,
    sheets,
  }: { total: number | null; succeeded: number | null; failed: number | null; sheets: number | null },
): string {
  const listed = job.state === 'Success' ? job.pages.length : 0;
  const said = (count: number | null): string => (count === null ? '?' : String(count));
  const ofSheets = sheets === null ? '' : `, ${sheets} sheets`;
  return `${listed} listed; ${said(total)} in all, ${said(succeeded)} succeeded, ${said(failed)} failed${ofSheets}`;
}
