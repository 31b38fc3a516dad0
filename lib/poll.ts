import { parseConfig, type Config } from './config.js';
import { CosClient } from './cos/client.js';
import { openTransport } from './cos/transport.js';
import { deployedFunction, type FunctionEffects } from './deployed-function.js';
import { before, seconds, type EpochMs, type Millis } from './domain/units.js';
import type { Environment } from './env-reader.js';
import type { NoticeQueue } from './notices/notice-queue.js';
import { openNotices } from './notices/open-notices.js';
import type { Invocation } from './platform/invocation.js';
import { SETTLE_TIME } from './poller/budget.js';
import { RunError } from './poller/run-error.js';
import { runMetrics } from './poller/run-metrics.js';
import type { RunReport } from './poller/report.js';
import { run } from './poller/run.js';
import { openGivenQueue, type GivenOutcome } from './queue/given.js';
import { openBatch, openQueue } from './queue/open-queue.js';
import type { PendingQueue } from './queue/pending-queue.js';
import { reconcile } from './reconcile/reconcile.js';
import type { ReconcileReport } from './reconcile/report.js';
import { parseReconcileRequest } from './reconcile/request.js';
import type { Log } from './telemetry/log.js';
import { metricsLine } from './telemetry/metrics.js';

/** What the function returns: a report, of a run or of reconciling, with the jobs' outcomes for a direct call; for an SQS event source what Lambda wants to hear. */
export type PollResult =
  | RunReport
  | ReconcileReport
  | (RunReport & { readonly jobs: readonly GivenOutcome[] })
  | { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] };

/** What a page of a hundred jobs may take to reconcile: a list, a HEAD of each at the pace of the run, and their enqueueing. */
const PAGE_TIME: Millis = seconds(15);

/**
 * The poll function without its platform.
 *
 * @returns a function that does one call; it throws ConfigError, QueueError or RunError when the platform should know that the work was not done.
 */
export function createPoll(
  env: Environment,
  effects: FunctionEffects,
): (invocation: Invocation) => Promise<PollResult> {
  return deployedFunction(env, effects, parseConfig, (invocation: Invocation, config, log) =>
    serve(invocation, config, effects, log),
  );
}

async function serve(
  invocation: Invocation,
  config: Config,
  { clock, random, writeLine }: FunctionEffects,
  log: Log,
): Promise<PollResult> {
  const { trigger, deadline, credentials, requestId, platform } = invocation;
  // Connections are kept alive within a call only: between calls the platform freezes us, and the service closes them unseen.
  const transport = openTransport({ maxSockets: config.run.concurrency });
  const effects = { transport, credentials, clock, random };
  const measure = (report: RunReport): void => {
    const { kind, functionName } = platform;
    const format = config.metrics ?? (kind === 'lambda' ? 'emf' : 'plain');
    const line = metricsLine(runMetrics(report), format, { now: clock.now(), functionName, requestId });
    if (line !== undefined) writeLine(line);
  };
  const poll = async (queue: PendingQueue): Promise<RunReport> => {
    let notices: NoticeQueue | undefined;
    try {
      notices = config.notices && (await openNotices(config.notices, { ...effects, log, deadline }));
      const report = await run(config.run, { ...effects, queue, notices, log }, { deadline });
      measure(report);
      return report;
    } catch (error) {
      if (error instanceof RunError && error.report !== undefined) measure(error.report);
      throw error;
    } finally {
      await notices?.close();
      await queue.close();
    }
  };
  try {
    switch (trigger.kind) {
      case 'timer':
        return await poll(await openQueue(config.queue, { ...effects, log, deadline }));
      case 'jobs': {
        const queue = openGivenQueue(trigger.messages, config.run.source, clock.now());
        const report = await poll(queue);
        return { ...report, jobs: queue.outcomes() };
      }
      case 'reconcile': {
        const { source, isAllowedBucket } = config.run;
        const query = parseReconcileRequest(trigger.request, { source, isAllowedBucket, now: clock.now() });
        const queue = await openQueue(config.queue, { ...effects, log, deadline });
        const bounds = { deadline: before(deadline, SETTLE_TIME), signal: new AbortController().signal };
        const requester = new CosClient(config.run.client, effects, bounds);
        const now = (): EpochMs => requester.now();
        const workUntil = before(deadline, PAGE_TIME);
        try {
          return await reconcile(query, { ...config.run, requester, queue, now, workUntil, log });
        } finally {
          await queue.close();
        }
      }
      case 'batch': {
        const queue = await openBatch(config.queue, trigger.messages, deadline, {
          ...effects,
          log,
          deadline,
        });
        await poll(queue);
        return { batchItemFailures: queue.failures().map((itemIdentifier) => ({ itemIdentifier })) };
      }
    }
  } finally {
    transport.close();
  }
}
