import * as v from 'valibot';
import type { CredentialsProvider } from '../cos/credentials.js';
import type { EpochMs } from '../domain/units.js';
import type { DeliveredMessage } from '../queue/batch.js';
import { EventError, unknownEvent } from './event-error.js';

/** What made the platform call the function. */
export type Trigger =
  /** The schedule, or a call without anything in it: poll the queue. */
  | { readonly kind: 'timer' }
  /** A direct call with jobs: look at these, as queue messages would name them. */
  | { readonly kind: 'jobs'; readonly messages: readonly string[] }
  /** A direct call to look for jobs that nobody looks after; not yet read. */
  | { readonly kind: 'reconcile'; readonly request: unknown }
  /** SQS messages that Lambda leased for us. */
  | { readonly kind: 'batch'; readonly messages: readonly DeliveredMessage[] };

/** What every call has, whatever it is about and on whichever platform. */
export interface Call {
  /** When the platform kills the function. */
  readonly deadline: EpochMs;
  /** The platform's ID of this call. */
  readonly requestId: string;
  readonly credentials: CredentialsProvider;
}

/** What metrics go by where a platform does not tell the function's name. */
export const NAMELESS = 'docjob';

/** One call of the poll function, the same on both platforms. */
export interface Invocation extends Call {
  readonly trigger: Trigger;
  readonly platform: {
    readonly kind: 'lambda' | 'scf';
    /** What the platform calls this function. */
    readonly functionName: string;
  };
}

const DirectCall = v.union([
  v.strictObject({ jobIds: v.pipe(v.array(v.string()), v.minLength(1)) }),
  v.strictObject({
    jobs: v.pipe(v.array(v.union([v.string(), v.record(v.string(), v.unknown())])), v.minLength(1)),
  }),
]);

const ReconcileCall = v.strictObject({ reconcile: v.record(v.string(), v.unknown()) });

/**
 * The trigger in an event of no particular platform: nothing at all or `{"trigger":"timer"}` for a poll, `{"jobIds":[…]}` or `{"jobs":[…]}` for
 * a look at certain jobs, `{"reconcile":{…}}` to look for those that nobody looks after.
 *
 * @throws EventError naming the forms that are taken.
 */
export function parsePlainEvent(event: unknown, otherForms: string): Trigger {
  if (event === null || event === undefined) return { kind: 'timer' };
  if (v.is(v.strictObject({}), event)) return { kind: 'timer' };
  if (v.is(v.object({ trigger: v.literal('timer') }), event)) return { kind: 'timer' };
  const direct = v.safeParse(DirectCall, event);
  if (direct.success) {
    const jobs = 'jobIds' in direct.output ? direct.output.jobIds : direct.output.jobs;
    return { kind: 'jobs', messages: jobs.map(messageOf) };
  }
  const reconcile = v.safeParse(ReconcileCall, event);
  if (reconcile.success) return { kind: 'reconcile', request: reconcile.output.reconcile };
  throw unknownEvent(
    event,
    `${otherForms}, {"trigger":"timer"}, {"jobIds":["d…"]}, {"jobs":[{"jobId","bucket","region"}]} or {"reconcile":{"from":"…"}}`,
  );
}

function messageOf(job: string | Readonly<Record<string, unknown>>): string {
  if (typeof job === 'string') return job;
  try {
    return JSON.stringify(job);
  } catch {
    // JSON.parse takes any depth; JSON.stringify does not.
    throw new EventError('a job of the event is nested too deep to be one');
  }
}
