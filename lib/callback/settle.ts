import type { CosClientEffects } from '../cos/client.js';
import { DocjobError } from '../domain/docjob-error.js';
import { before, millis, seconds, type Millis } from '../domain/units.js';
import type { NoticeQueue } from '../notices/notice-queue.js';
import { openNotices } from '../notices/open-notices.js';
import type { Call } from '../platform/invocation.js';
import { run } from '../poller/run.js';
import { openGivenQueue } from '../queue/given.js';
import { formatMessage } from '../queue/message.js';
import { openQueue } from '../queue/open-queue.js';
import type { EnqueueResult, Outcome, PendingJob } from '../queue/pending-queue.js';
import type { Log } from '../telemetry/log.js';
import type { CallbackConfig } from './config.js';

/** What a call works through: the call's own credentials are among it. */
export interface CallbackDeps {
  readonly config: CallbackConfig;
  readonly call: Call;
  readonly effects: CosClientEffects;
  readonly log: Log;
}

/** What became of the jobs of a callback; the counts add up to their number. */
export interface Settled {
  /** The manifest is there. */
  readonly finished: number;
  /** In the queue of pending jobs. */
  readonly queued: number;
  /** Neither: what the sender said is lost unless it says so again. */
  readonly lost: number;
}

/**
 * What is kept free at the end of a call for putting jobs into the queue, beside what the run keeps for itself: three attempts of a second each
 * (QUEUE_REQUEST_TIMEOUT), the waits between them, and the loading of the queue's client.
 */
const ENQUEUE_TIME: Millis = seconds(5);

/**
 * Looks at each job as the poller does, and puts those into the queue of pending jobs that this does not settle. The sender is not believed: a
 * manifest is written from what CI answers, or not at all. Does not throw: what goes wrong is logged, and the jobs that it leaves are counted.
 */
export async function settle(jobs: readonly PendingJob[], deps: CallbackDeps): Promise<Settled> {
  const outcomes = await lookInline(jobs, deps);
  const open = jobs.flatMap((job, index) => {
    const delay = nextLook(outcomes[index]);
    return delay === undefined ? [] : [{ job, delay }];
  });
  const finished = jobs.length - open.length;
  if (open.length === 0) return { finished, queued: 0, lost: 0 };
  // The shortest that any of them asks for: a look too early costs one call, and from then on each has its own.
  const delay = millis(Math.min(...open.map((one) => one.delay)));
  const queued = await enqueue(
    open.map(({ job }) => job),
    delay,
    deps,
  );
  return { finished, queued, lost: open.length - queued };
}

/** How each look ended, in order; undefined where there was none. */
async function lookInline(
  jobs: readonly PendingJob[],
  { config, call, effects, log }: CallbackDeps,
): Promise<readonly (Outcome | undefined)[]> {
  const { source } = config.run;
  const queue = openGivenQueue(jobs.map(formatMessage), source, effects.clock.now());
  let notices: NoticeQueue | undefined;
  try {
    const limits = { deadline: before(call.deadline, ENQUEUE_TIME) };
    notices = config.notices && (await openNotices(config.notices, { ...effects, log, ...limits }));
    await run({ ...config.run, withoutProbe: true }, { ...effects, queue, notices, log }, limits);
  } catch (error) {
    // Too little time, a key that is refused, a service that is down: an error as it is in the poller. The jobs are safe once they are queued.
    log.error('callback-look-failed', factsOf(error));
  } finally {
    await notices?.close();
  }
  return queue.outcomes().map(({ outcome }) => outcome);
}

/** How long after this look the poller should make its first; undefined where nothing is left to do. */
function nextLook(outcome: Outcome | undefined): Millis | undefined {
  // The time was over, or the run had stopped: the poller has more of both.
  if (outcome === undefined) return millis(0);
  switch (outcome.kind) {
    // The manifest is there. If the job is in the queue too, the poller's look finds the same and acknowledges it.
    case 'done':
      return undefined;
    // Not ended, whatever the sender says, or not as far as could be seen; the look knows best when to try again.
    case 'look-again':
      return outcome.delay;
    // Only the queue's own message can become a dead letter, with its body and its age: the poller comes to the same verdict, and has it.
    case 'dead-letter':
      return millis(0);
  }
}

/** Puts jobs into the queue of pending jobs, and says how many it took. */
async function enqueue(
  jobs: readonly PendingJob[],
  delay: Millis,
  { config, call, effects, log }: CallbackDeps,
): Promise<number> {
  let results: readonly EnqueueResult[];
  try {
    const queue = await openQueue(config.queue, { ...effects, log, deadline: call.deadline });
    try {
      results = await queue.enqueue(jobs, delay);
    } finally {
      await queue.close();
    }
  } catch (error) {
    log.error('callback-queue-failed', factsOf(error));
    return 0;
  }
  for (const result of results) {
    const { jobId, bucket, region } = result.job;
    if (result.ok) log.info('callback-enqueued', { jobId, bucket, region, delayMs: delay });
    else log.error('callback-enqueue-failed', { jobId, bucket, region, ...factsOf(result.error) });
  }
  return results.filter(({ ok }) => ok).length;
}

function factsOf(error: unknown): Readonly<Record<string, unknown>> {
  const { code, disposition, requestId } =
    error instanceof DocjobError
      ? error
      : { code: 'unexpected', disposition: undefined, requestId: undefined };
  return {
    code,
    disposition,
    serviceRequestId: requestId,
    message: error instanceof Error ? error.message : 'not an error',
  };
}
