import pMap from 'p-map';
import type { CosRequester } from '../cos/requester.js';
import type { SubmitConfig, SubmitTrigger } from './config.js';
import type { NewObject, ReadRecord } from './cos-event.js';
import type { Log } from '../telemetry/log.js';
import { readDocument } from './document.js';
import { keyOf } from './event-key.js';
import type { SubmitResult } from './result.js';
import { SubmitError } from './submit-error.js';
import type { Submitter } from './submitter.js';

/** A record that is not our business, and why. */
export interface IgnoredRecord {
  /** The key as the event writes it. */
  readonly key: string;
  readonly reason: string;
}

/** What became of an event that was completed. */
export interface EventReport {
  readonly submitted: number;
  /** In the order of the records. */
  readonly results: readonly SubmitResult[];
  readonly ignored: readonly IgnoredRecord[];
}

/** What an event is served with. */
export interface EventService {
  readonly requester: CosRequester;
  readonly submitter: Submitter;
  readonly config: SubmitConfig;
  readonly concurrency: number;
  readonly log: Log;
}

type RecordOutcome =
  | { readonly kind: 'result'; readonly result: SubmitResult }
  | { readonly kind: 'ignored'; readonly ignored: IgnoredRecord };

/** How many records a message names. */
const MAX_NAMED = 5;

/**
 * Submits the new objects of an event, each once however often it is delivered; whatever else the event tells is left alone.
 *
 * @throws SubmitError `event-incomplete` after all records were tried, if one could not be completed; it names what was and what was not done. What
 * was done is found done when the event comes again.
 */
export async function submitEvent(
  records: readonly ReadRecord[],
  service: EventService,
): Promise<EventReport> {
  const once = new Map<string, Promise<RecordOutcome>>();
  const outcomes = await pMap(
    records,
    (record) => {
      const id = record.kind === 'object' ? record.object.eventId : undefined;
      const earlier = id === undefined ? undefined : once.get(id);
      if (earlier !== undefined) return earlier;
      const outcome = serveRecord(record, service);
      if (id !== undefined) once.set(id, outcome);
      return outcome;
    },
    { concurrency: service.concurrency },
  );
  const results = outcomes.flatMap((outcome) => (outcome.kind === 'result' ? [outcome.result] : []));
  const ignored = outcomes.flatMap((outcome) => (outcome.kind === 'ignored' ? [outcome.ignored] : []));
  for (const { key, reason } of ignored) service.log.info('ignored', { object: key, reason });
  if (results.some(({ ok }) => !ok)) throw incomplete(results);
  return { submitted: results.length, results, ignored };
}

async function serveRecord(record: ReadRecord, service: EventService): Promise<RecordOutcome> {
  switch (record.kind) {
    case 'other':
      return ignored(record.key, `${record.eventName} is no creation of an object`);
    case 'unreadable': {
      const error = new SubmitError('bad-record', `the event's record cannot be read: ${record.problem}`);
      return { kind: 'result', result: service.submitter.refuse(record.key, error) };
    }
    case 'object':
      try {
        return await serveObject(record.object, service);
      } catch (error) {
        return { kind: 'result', result: service.submitter.refuse(record.object.writtenKey, error) };
      }
  }
}

async function serveObject(
  object: NewObject,
  { requester, submitter, config }: EventService,
): Promise<RecordOutcome> {
  const { writtenKey, bucket, eventId, at } = object;
  const { source } = config.defaults;
  const { trigger } = config.rules;
  // A trigger that was made without the configuration knowing it: somebody waits for jobs that nobody makes.
  if (trigger === undefined) {
    throw new SubmitError(
      'bad-record',
      'SUBMIT_PREFIX is not set, so that no event is taken: set it to the prefix of the trigger',
    );
  }
  if (bucket !== source.bucket) {
    throw new SubmitError(
      'bucket-not-allowed',
      `the event is about ${bucket}, but only events of SOURCE_BUCKET ${source.bucket} are taken`,
    );
  }
  const obstacle = submitter.obstacle;
  if (obstacle !== undefined) throw obstacle;
  const key = await keyOf(requester, source, object, (reading) => isTaken(reading, trigger));
  if (key === undefined)
    return ignored(writtenKey, 'not under SUBMIT_PREFIX with one of the SUBMIT_SUFFIXES');
  const read = readDocument(key, config.defaults, config.rules, () => eventId);
  if (read.kind === 'refused') throw read.error;
  return { kind: 'result', result: await submitter.submit({ ...read.document, eventAt: at }) };
}

function isTaken(key: string, { prefix, suffixes }: SubmitTrigger): boolean {
  const lower = key.toLowerCase();
  return key.startsWith(prefix) && suffixes.some((suffix) => lower.endsWith(suffix));
}

function ignored(key: string, reason: string): RecordOutcome {
  return { kind: 'ignored', ignored: { key, reason } };
}

function incomplete(results: readonly SubmitResult[]): SubmitError {
  const failed = results.flatMap((result) =>
    result.ok ? [] : [`${JSON.stringify(result.object)}: ${result.error.code}: ${result.error.message}`],
  );
  const done = results.flatMap((result) =>
    result.ok ? [`${JSON.stringify(result.object)} as ${result.jobId}`] : [],
  );
  return new SubmitError(
    'event-incomplete',
    `${failed.length} of ${results.length} new objects were not submitted: ${named(failed)}. ` +
      `Submitted: ${done.length === 0 ? 'none' : named(done)}`,
  );
}

function named(list: readonly string[]): string {
  const more = list.length - MAX_NAMED;
  return list.slice(0, MAX_NAMED).join('; ') + (more > 0 ? `; and ${more} more` : '');
}
