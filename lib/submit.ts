import pMap from 'p-map';
import { CosClient } from './cos/client.js';
import { openTransport } from './cos/transport.js';
import { deployedFunction, type FunctionEffects } from './deployed-function.js';
import { before } from './domain/units.js';
import type { Environment } from './env-reader.js';
import type { Call } from './platform/invocation.js';
import { looksAtATime } from './poller/budget.js';
import { openQueue } from './queue/open-queue.js';
import { parseSubmitConfig, type SubmitConfig } from './submit/config.js';
import { readDocument } from './submit/document.js';
import { submitEvent, type EventReport } from './submit/event.js';
import { parseSubmitEvent } from './submit/request.js';
import type { SubmitResult } from './submit/result.js';
import { ENQUEUE_TIME, Submitter } from './submit/submitter.js';
import { callUserData } from './submit/user-data.js';
import type { Log } from './telemetry/log.js';

/** What a direct call gets back. */
export interface SubmitReport {
  readonly submitted: number;
  readonly failed: number;
  /** One for each document, in the order given. */
  readonly results: readonly SubmitResult[];
}

/** A call of the submit function on either platform. */
export interface SubmitCall extends Call {
  readonly event: unknown;
}

/**
 * The submit function without its platform: makes CI document jobs and puts each into the queue of pending jobs.
 *
 * @returns a function that does one call. A direct call gets a result for each document, whatever became of it; it throws only ConfigError,
 * EventError or QueueError, when nothing was tried. For an event, which nobody waits for, it throws SubmitError `event-incomplete` as well, so that
 * the platform delivers it again.
 */
export function createSubmit(
  env: Environment,
  effects: FunctionEffects,
): (call: SubmitCall) => Promise<SubmitReport | EventReport> {
  return deployedFunction(env, effects, parseSubmitConfig, (call: SubmitCall, config, log) =>
    serve(call, config, effects, log),
  );
}

async function serve(
  { event, deadline, requestId, credentials }: SubmitCall,
  config: SubmitConfig,
  { clock, random }: FunctionEffects,
  log: Log,
): Promise<SubmitReport | EventReport> {
  const request = parseSubmitEvent(event);
  const { attemptTimeout } = config.client;
  // Connections are kept alive within a call only: between calls the platform freezes us, and the service closes them unseen.
  const transport = openTransport({ maxSockets: config.concurrency });
  try {
    const effects = { transport, credentials, clock, random };
    const requester = new CosClient(config.client, effects, {
      deadline: before(deadline, ENQUEUE_TIME),
      signal: new AbortController().signal,
    });
    // Before any job is made: one that cannot be enqueued is nobody's.
    const queue = await openQueue(config.queue, { ...effects, log, deadline });
    try {
      const submitter = new Submitter(
        { requester, serviceNow: () => requester.now(), clock, random, queue, log },
        { deadline, attemptTimeout, schedule: config.schedule },
      );
      const concurrency = looksAtATime(config.concurrency, config.client);
      if (request.kind === 'event') {
        return await submitEvent(request.records, { requester, submitter, config, concurrency, log });
      }
      const results = await pMap(
        request.documents,
        (given, index) => submitGiven(given, index, { requestId, submitter, config }),
        { concurrency },
      );
      return reportOf(results);
    } finally {
      await queue.close();
    }
  } finally {
    transport.close();
  }
}

async function submitGiven(
  given: unknown,
  index: number,
  { requestId, submitter, config }: { requestId: string; submitter: Submitter; config: SubmitConfig },
): Promise<SubmitResult> {
  const read = readDocument(given, config.defaults, config.rules, ({ bucket }, object) =>
    callUserData(requestId, index, bucket, object),
  );
  return read.kind === 'document'
    ? submitter.submit(read.document)
    : submitter.refuse(read.object, read.error);
}

function reportOf(results: readonly SubmitResult[]): SubmitReport {
  const submitted = results.filter(({ ok }) => ok).length;
  return { submitted, failed: results.length - submitted, results };
}
