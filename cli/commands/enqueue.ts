import * as v from 'valibot';
import { parseQueueId } from '../../lib/domain/names.js';
import { millis } from '../../lib/domain/units.js';
import { parseMessage, type JobDefaults } from '../../lib/queue/message.js';
import type { EnqueueResult, PendingJob } from '../../lib/queue/pending-queue.js';
import { text } from '../args.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { readList } from '../lists.js';
import { withQueue, type QueueService } from '../services.js';
import { declareSource, sourceArgs, sourceOf } from '../source.js';
import { safe, type Style } from '../style.js';

/** So many are handed to the queue at a time: enough for its batches, few enough for progress and Ctrl-C. */
const AT_A_TIME = 100;

/** `docjob enqueue`: jobs that somebody has made go into the queue of pending jobs. */
export const enqueue = command({
  name: 'enqueue',
  summary: 'put jobs that were made already into the queue',
  details:
    'Takes job IDs, or messages such as {"jobId":"d1","bucket":"docs-1250000000","region":"ap-beijing"}, one a line in a list. Where anything is wrong with ' +
    'one of them, none is enqueued. With --json it prints a line for each.',
  examples: [
    { line: 'docjob enqueue d13cfd584cd9011ea820b597ad1785a2f', says: 'one job of SOURCE_BUCKET' },
    {
      line: 'docjob enqueue --from jobs.txt --bucket docs-1250000000 --region ap-beijing',
      says: 'a list of jobs of another bucket',
    },
    { line: 'cat jobs.txt | docjob enqueue -', says: 'from standard input' },
  ],
  declare: (declared) => {
    declareSource(declared.argument('[jobIds...]', 'job IDs, or "-" for standard input'));
    declared
      .option('--from <file>', 'a list of jobs, one a line')
      .option(
        '--queue-id <id>',
        'the CI queue that the jobs are in, where older versions of CI want it for lists',
      );
  },
  args: v.object({
    jobIds: v.optional(v.array(v.string()), []),
    from: v.optional(v.string()),
    queueId: v.optional(text('the ID of a CI queue', parseQueueId)),
    ...sourceArgs,
  }),
  run: async (args, context) => {
    const entries = await readList(args.jobIds, args.from, 'job IDs', context);
    return withQueue(context, (service) => {
      const { source, isAllowedBucket } = service.config.run;
      const defaults = sourceOf(args, source);
      const extra = args.queueId === undefined ? {} : { queueId: args.queueId };
      const jobs = entries.map((entry, index) => readJob(entry, index, { defaults, isAllowedBucket }));
      return enqueueAll(
        jobs.map((job) => ({ ...extra, ...job })),
        service,
        context,
      );
    });
  },
});

function readJob(
  entry: string,
  index: number,
  {
    defaults,
    isAllowedBucket,
  }: { readonly defaults: JobDefaults; readonly isAllowedBucket: (bucket: PendingJob['bucket']) => boolean },
): PendingJob {
  const read = parseMessage(entry, defaults);
  const refused = (problem: string): UsageError =>
    new UsageError(`nothing was enqueued, since job ${index + 1} of the list cannot be: ${problem}`);
  if (read.kind === 'not-a-job') throw refused(read.problem);
  const { job } = read;
  if (!isAllowedBucket(job.bucket))
    throw refused(`its bucket ${job.bucket} is not allowed: add it to ALLOWED_BUCKETS`);
  return job;
}

async function enqueueAll(
  jobs: readonly PendingJob[],
  { queue }: QueueService,
  context: Context,
): Promise<ExitCode> {
  const { output, signal } = context;
  let enqueued = 0;
  let tried = 0;
  while (tried < jobs.length && !signal.aborted) {
    output.progress(`${tried} of ${jobs.length} jobs`);
    const results = await queue.enqueue(jobs.slice(tried, tried + AT_A_TIME), millis(0));
    for (const result of results) output.item(inJson(result), (style) => inWords(result, style));
    tried += results.length;
    const errors = results.flatMap((result) => (result.ok ? [] : [result.error]));
    enqueued += results.length - errors.length;
    // The next ones would fare no better.
    const hopeless = errors.find(
      ({ disposition }) => disposition === 'credentials' || disposition === 'configuration',
    );
    if (hopeless !== undefined && errors.length === results.length) throw hopeless;
  }
  output.note(`${enqueued} of ${jobs.length} jobs enqueued`);
  return enqueued === jobs.length ? EXIT.ok : EXIT.foundWrong;
}

function inJson(result: EnqueueResult): unknown {
  const { jobId, bucket, region } = result.job;
  if (result.ok) return { jobId, bucket, region, ok: true };
  const { code, message, requestId = null } = result.error;
  return { jobId, bucket, region, ok: false, error: { code, message, requestId } };
}

function inWords(result: EnqueueResult, { green, red }: Style): string {
  const { jobId } = result.job;
  return result.ok
    ? `${green('enqueued')}  ${jobId}`
    : `${red('failed')}    ${jobId}  ${safe(result.error.message)} [${safe(result.error.code)}]`;
}
