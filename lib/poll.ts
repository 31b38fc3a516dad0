import { parseConfig, type Config } from './config.js';
import { openTransport, type Transport } from './cos/transport.js';
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
 * The poll function without its platform. What outlives a call (the checked configuration, kept-alive connections) is made at the first one, so that
 * a wrong configuration fails calls, each with its whole list of problems, and not the loading of the code.
 *
 * @returns a function that does one call; it throws ConfigError, QueueError or RunError when the platform should know that the work was not done.
 */
export function createPoll(
  env: Environment,
  effects: PollEffects,
): (invocation: Invocation) => Promise<PollResult> {
  let kept: { readonly config: Config; readonly transport: Transport } | undefined;
  const logFor = ({ requestId }: Invocation, level: LogLevel): Log =>
    jsonLog({ level, now: () => effects.clock.now(), write: effects.writeLine, context: { requestId } });

  return async (invocation) => {
    try {
      kept ??= prepare(env);
      const log = logFor(invocation, kept.config.logLevel);
      return await serve(invocation, kept.config, kept.transport, effects, log);
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

function prepare(env: Environment): { config: Config; transport: Transport } {
  const config = parseConfig(env);
  return { config, transport: openTransport({ maxSockets: config.run.concurrency }) };
}

async function serve(
  invocation: Invocation,
  config: Config,
  transport: Transport,
  { clock, random }: PollEffects,
  log: Log,
): Promise<PollResult> {
  const { trigger, deadline, credentials } = invocation;
  const poll = async (queue: PendingQueue): Promise<RunReport> => {
    try {
      return await run(config.run, { queue, transport, credentials, clock, random, log }, { deadline });
    } finally {
      queue.close();
    }
  };
  switch (trigger.kind) {
    case 'timer':
      return poll(await openQueue(config.queue, { clock }));
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
}
