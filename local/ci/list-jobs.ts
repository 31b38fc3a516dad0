import type { EpochMs } from '../../lib/domain/units.js';
import { invalidArgument } from '../wire/refusal.js';
import { valueOf, type Field } from '../wire/request.js';
import { readCiTime, toSecond } from './ci-time.js';
import type { CiBehaviour } from './behaviour.js';
import type { Job, JobView } from './job.js';

/** What DescribeDocProcessJobs is asked for (1045/47934). */
export interface JobFilter {
  /** Undefined for all. */
  readonly queueId: string | undefined;
  readonly isAscending: boolean;
  /** The sequence number that the last page ended with. */
  readonly after: number | undefined;
  readonly size: number;
  /** Undefined for all. */
  readonly states: ReadonlySet<string> | undefined;
  readonly from: EpochMs | undefined;
  readonly to: EpochMs | undefined;
}

/** Older pages of the document write the bounds of the creation time as `>` and `<`, newer ones as `>=` and `<=`. */
export type TimeBounds = 'open' | 'closed';

const STATES = ['Submitted', 'Running', 'Success', 'Failed', 'Pause', 'Cancel'];

/**
 * Reads the parameters of a list.
 *
 * @throws Refusal 400 that says which one is wrong.
 */
export function readJobFilter(query: readonly Field[], needsQueueId: boolean): JobFilter {
  const text = (name: string): string => valueOf(query, name) ?? '';
  if (text('queueId') === '' && needsQueueId) throw invalidArgument('queueId is missing.');
  if (text('tag') !== 'DocProcess') throw invalidArgument('tag must be DocProcess.');
  const order = text('orderByTime') || 'Desc';
  // The newest page writes the two in lower case.
  if (!/^(?:Desc|Asc|desc|asc)$/.test(order)) throw invalidArgument('orderByTime must be Desc or Asc.');
  const size = text('size') || '10';
  if (!/^\d{1,3}$/.test(size) || Number(size) < 1 || Number(size) > 100) {
    throw invalidArgument('size must be a whole number from 1 to 100.');
  }
  const token = text('nextToken');
  if (!/^\d{0,15}$/.test(token)) throw invalidArgument('nextToken is not one that a list has returned.');
  return {
    queueId: text('queueId') || undefined,
    isAscending: order.toLowerCase() === 'asc',
    after: token === '' ? undefined : Number(token),
    size: Number(size),
    states: readStates(text('states') || 'All'),
    from: readTime(text('startCreationTime'), 'startCreationTime'),
    to: readTime(text('endCreationTime'), 'endCreationTime'),
  };
}

/** A page of those jobs that the filter takes, and the token of the next page if there is one. */
export function pageOfJobs(
  jobs: readonly Job[],
  filter: JobFilter,
  { listBounds, listSkipsEvery, listRepeats }: CiBehaviour,
  look: (job: Job) => JobView,
): {
  readonly entries: readonly { readonly job: Job; readonly view: JobView }[];
  readonly nextToken: string;
} {
  const entries: { readonly job: Job; readonly view: JobView }[] = [];
  for (const job of filter.isAscending ? jobs : jobs.toReversed()) {
    if (!isPast(job, filter, listRepeats) || !isInWindow(job, filter, listBounds)) continue;
    if (listSkipsEvery > 0 && job.sequence % listSkipsEvery === 0) continue;
    const view = look(job);
    if (filter.states?.has(view.state) === false) continue;
    if (entries.length === filter.size) {
      return { entries, nextToken: String(entries.at(-1)?.job.sequence ?? '') };
    }
    entries.push({ job, view });
  }
  return { entries, nextToken: '' };
}

function isPast({ sequence }: Job, { after, isAscending }: JobFilter, repeats: boolean): boolean {
  if (repeats && sequence === after) return true;
  return after === undefined || (isAscending ? sequence > after : sequence < after);
}

function isInWindow(job: Job, { from, to }: JobFilter, bounds: TimeBounds): boolean {
  const created = toSecond(job.createdAt);
  return bounds === 'closed'
    ? (from === undefined || created >= from) && (to === undefined || created <= to)
    : (from === undefined || created > from) && (to === undefined || created < to);
}

function readStates(text: string): ReadonlySet<string> | undefined {
  const states = text.split(',');
  for (const state of states) {
    if (state !== 'All' && !STATES.includes(state)) {
      throw invalidArgument(`states must be of All, ${STATES.join(', ')}, separated by commas.`);
    }
  }
  return states.includes('All') ? undefined : new Set(states);
}

function readTime(text: string, name: string): EpochMs | undefined {
  const time = readCiTime(text);
  if (text !== '' && time === undefined) {
    throw invalidArgument(`${name} must be a time such as 2020-07-20T10:43:17+0800.`);
  }
  return time;
}
