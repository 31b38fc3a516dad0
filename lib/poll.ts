import { parseConfig, type Config } from './config.js';
import { openTransport } from './cos/transport.js';
import { DocjobError } from './domain/docjob-error.js';
import type { Clock, RandomSource } from './domain/effects.js';
import type { Environment } from './env-reader.js';
import type { Invocation } from './platform/invocation.js';
import type { RunReport } from './poller/report.js';
import { run } from './poller/run.js';
import { openGivenQueue, type GivenOutcome } from './queue/given.js';
import { openBatch, openQueue } from './queue/open-queue.js';
import type { PendingQueue } from './queue/pending-queue.js';
import { jsonLog, type Log, type LogLevel } from './telemetry/log.js';

/** What the function takes from the machine. */
export interface PollEffects {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Takes one line of the log. */
  readonly writeLine: (line: string) => void;
}

/** What the function returns: a report, with the jobs' outcomes for a direct call; for an SQS event source what Lambda wants to hear. */
export type PollResult =
  | RunReport
  | (RunReport & { readonly jobs: readonly GivenOutcome[] })
  | { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] };

/**
 * The poll function without its platform. The configuration is checked at the first call, so that a wrong one fails calls, each with its whole
 * list of problems, and not the loading of the code.
 *
 * @returns a function that does one call; it throws ConfigError, QueueError or RunError when the platform should know that the work was not done.
 */
export function createPoll(
  env: Environment,
  effects: PollEffects,
): (invocation: Invocation) => Promise<PollResult> {
  let config: Config | undefined;
  const logFor = ({ requestId }: Invocation, level: LogLevel): Log =>
    jsonLog({ level, now: () => effects.clock.now(), write: effects.writeLine, context: { requestId } });

  return async (invocation) => {
    try {
      config ??= parseConfig(env);
      return await serve(invocation, config, effects, logFor(invocation, config.logLevel));
    } catch (error) {
      const details =
        error instanceof DocjobError
          ? { code: error.code, disposition: error.disposition, serviceRequestId: error.requestId }
          : {};
      const message = error instanceof Error ? error.message : 'not an error';
      logFor(invocation, 'error').error('call-failed', { ...details, message });
      throw error;
    }
  };
}

async function serve(
  invocation: Invocation,
  config: Config,
  { clock, random }: PollEffects,
  log: Log,
): Promise<PollResult> {
  const { trigger, deadline, credentials } = invocation;
  // Connections are kept alive within a call only: between calls the platform freezes us, and the service closes them unseen.
  const transport = openTransport({ maxSockets: config.run.concurrency });
  const effects = { transport, credentials, clock, random };
  const poll = async (queue: PendingQueue): Promise<RunReport> => {
    try {
      return await run(config.run, { ...effects, queue, log }, { deadline });
    } finally {
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
      case 'batch': {
        const queue = await openBatch(config.queue, trigger.messages, deadline, { clock });
        await poll(queue);
        return { batchItemFailures: queue.failures().map((itemIdentifier) => ({ itemIdentifier })) };
      }
    }
  } finally {
    transport.close();
  }
}
