import * as v from 'valibot';
import { CosClient } from '../../lib/cos/client.js';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import type { CosRequester } from '../../lib/cos/requester.js';
import { parseQueueId } from '../../lib/domain/names.js';
import { parseRfc3339 } from '../../lib/domain/rfc3339.js';
import { reconcile as reconcileJobs, type ReconcileQuery } from '../../lib/reconcile/reconcile.js';
import type { ReconcileReport } from '../../lib/reconcile/report.js';
import { duration, flag, text } from '../args.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { readList } from '../lists.js';
import { fieldLines } from '../output.js';
import { noDeadline, withQueue, type QueueService } from '../services.js';
import { declareSource, sourceArgs, sourceOf } from '../source.js';
import { safe, type Style } from '../style.js';

const time = text('a time in RFC 3339 such as 2026-11-20T00:00:00Z', (written) => parseRfc3339(written)?.at);

/** `docjob reconcile`: the jobs that ended and that nobody looks after. */
export const reconcile = command({
  name: 'reconcile',
  summary: 'find the jobs that ended and have no manifest',
  details:
    "Goes through CI's own list of a bucket's jobs. What a queue in a bucket holds, pending or dead, is left alone; SQS and CMQ cannot be asked, so give " +
    'dead letters with --except. A finding is a hint: enqueueing a job that is pending already costs a look. Ends with 1 where jobs are missing and were ' +
    'not enqueued, or could not be told.',
  examples: [
    {
      line: 'docjob reconcile --from 2026-11-20T00:00:00Z',
      says: 'what was created since then, in SOURCE_BUCKET',
    },
    {
      line: 'docjob reconcile --from 2026-11-20T00:00:00Z --to 2026-11-21T00:00:00Z --enqueue --json',
      says: 'of a day, and put what is missing into the queue',
    },
    {
      line: 'docjob reconcile --from 2026-11-20T00:00:00Z --except dead.txt',
      says: 'and leave the jobs of a list alone',
    },
  ],
  declare: (declared) => {
    declareSource(declared.requiredOption('--from <time>', 'jobs created then or later, in RFC 3339'));
    declared
      .option('--to <time>', 'jobs created then or earlier (default: now)')
      .option('--queue-id <id>', 'those of one CI queue, which older versions of CI want for lists')
      .option('--settled-for <duration>', 'so long ago a job must have ended (default: 1h)')
      .option('--except <file>', 'a list of job IDs to leave alone, "-" for standard input')
      .option('--enqueue', 'put what is missing into the queue');
  },
  args: v.object({
    from: time,
    to: v.optional(time),
    queueId: v.optional(text('the ID of a CI queue', parseQueueId)),
    settledFor: v.optional(duration, '1h'),
    except: v.optional(v.string()),
    enqueue: flag,
    ...sourceArgs,
  }),
  run: async (args, context) => {
    const createdTo = args.to ?? context.clock.now();
    if (args.from >= createdTo) throw new UsageError('--from must be before --to');
    const except = args.except === undefined ? [] : await readList([], args.except, 'job IDs', context);
    return withQueue(context, async (service) => {
      const { source: fallback, isAllowedBucket } = service.config.run;
      const source = sourceOf(args, fallback);
      if (!isAllowedBucket(source.bucket))
        throw new UsageError(`the bucket ${source.bucket} is not allowed: add it to ALLOWED_BUCKETS`);
      const { from: createdFrom, queueId, settledFor, enqueue } = args;
      const query = { source, queueId, createdFrom, createdTo, settledFor, except: new Set(except), enqueue };
      const report = await goThrough(query, service, context).catch((error: unknown) => {
        throw queueId === undefined ? withAdvice(error) : error;
      });
      context.output.result(report, (style) => inWords(report, style));
      return exitCodeOf(report);
    });
  },
});

/** A list without a queue that CI does not take, with what to do about it. How CI words that is not documented; its status is that of a wrong request. */
function withAdvice(error: unknown): unknown {
  if (!(error instanceof ServiceError) || error.status !== 400) return error;
  return new UsageError(
    `${error.message}: give --queue-id, if CI wants a queue for its lists (docjob doctor names those that there are)`,
  );
}

async function goThrough(
  query: ReconcileQuery,
  { config, effects, queue }: QueueService,
  context: Context,
): Promise<ReconcileReport> {
  const deadline = noDeadline(context);
  const client = new CosClient(config.run.client, effects, { deadline, signal: context.signal });
  let requests = 0;
  const requester: CosRequester = {
    send: (request, decode) => {
      requests += 1;
      context.output.progress(`${requests} requests to CI and COS`);
      return client.send(request, decode);
    },
  };
  const { log } = effects;
  return reconcileJobs(query, {
    ...config.run,
    requester,
    queue,
    now: () => client.now(),
    workUntil: deadline,
    log,
  });
}

function exitCodeOf({ jobs, enqueued, notEnqueued }: ReconcileReport): ExitCode {
  const left = enqueued === null ? jobs.missing : notEnqueued.length;
  const untold = jobs.unchecked + jobs.unreadable + jobs['output-not-allowed'];
  return left + untold === 0 ? EXIT.ok : EXIT.foundWrong;
}

function inWords({ jobs, missing, enqueued, notEnqueued }: ReconcileReport, style: Style): string {
  const some = (count: number): number | undefined => (count === 0 ? undefined : count);
  const counts = fieldLines(
    [
      ['have a manifest', jobs.manifest],
      ['missing', jobs.missing],
      ['enqueued', enqueued],
      ['ended lately', some(jobs.recent)],
      ['not ended', some(jobs.unended)],
      ['held by the queue', some(jobs.held)],
      ['excepted', some(jobs.excepted)],
      ['output not allowed', some(jobs['output-not-allowed'])],
      ['unreadable', some(jobs.unreadable)],
      ['unchecked', some(jobs.unchecked)],
    ],
    style,
  );
  const names = missing.map(
    ({ jobId, state, endedAt }) =>
      `${style.yellow('missing')}  ${jobId}  ${state}${endedAt === undefined ? '' : `, ended ${endedAt}`}`,
  );
  const failures = notEnqueued.map(
    ({ jobId, code, message }) => `${style.red('failed')}   ${jobId}  ${safe(message)} [${safe(code)}]`,
  );
  return [counts, ...names, ...failures].join('\n');
}
