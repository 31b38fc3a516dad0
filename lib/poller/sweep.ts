import type { JobSource } from '../doc-jobs/describe.js';
import type { DocJob, EndedJob, UnendedJob } from '../doc-jobs/doc-job.js';
import type { ListedState } from '../doc-jobs/list.js';
import type { BucketName } from '../domain/names.js';
import { before, epochMs, minutes, type EpochMs, type Millis } from '../domain/units.js';
import type { JobLease, Lease } from '../queue/pending-queue.js';
import type { Log } from '../telemetry/log.js';
import type { ListRequest, Lists } from './lists.js';
import {
  isWordDue,
  looksDue,
  windowsOfEnded,
  windowsOfUnended,
  type SweepJob,
  type SweepPolicy,
  type SweepWindow,
} from './sweep-plan.js';

/** What is to be done about a lease once lists were asked. */
export type Task =
  /** Its job is asked about singly; or it holds no job. */
  | { readonly kind: 'look'; readonly lease: Lease }
  /** A list shows its job, and says that it has not ended. */
  | { readonly kind: 'listed'; readonly lease: JobLease; readonly job: UnendedJob }
  /** No list of ended jobs shows it, and its time to be heard of has not come. That is no answer, and decides nothing. */
  | { readonly kind: 'absent'; readonly lease: JobLease };

/** What sweeps depend on; the same for all of a run. */
export interface SweepDeps {
  readonly lists: Lists;
  /** The service's clock. */
  readonly now: () => EpochMs;
  readonly log: Log;
  readonly isAllowedBucket: (bucket: BucketName) => boolean;
  readonly policy: SweepPolicy;
}

const ENDED: readonly ListedState[] = ['Success', 'Failed', 'Cancel'];
const UNENDED: readonly ListedState[] = ['Submitted', 'Running', 'Pause'];

/**
 * A job that ended longer than this before its last look has been looked at since it ended: what kept it then follows the schedule. A list may lag so far
 * behind without a job's end being overlooked.
 */
const LIST_LAG: Millis = minutes(5);

/** Pages of unended jobs that need not find what they cost: the first ones can be full of other people's. */
const GRACE_PAGES = 2;

/**
 * So many jobs that a list of unended ones lacks are looked at before they are due. Of more, a list of ended ones says which have ended only now: jobs that CI
 * does not know, whose state nobody knows, or whose manifests cannot be written, are missing at every tick.
 */
const FEW = 5;

interface Candidate extends SweepJob {
  readonly lease: JobLease;
}

/** Jobs that the same list can speak of: without a queue's ID it speaks of all queues, and older versions of CI refuse it (1045/47934). */
interface Group {
  readonly source: JobSource;
  readonly queueId: string | undefined;
  readonly candidates: Candidate[];
}

/**
 * Finds out by lists, where that takes fewer calls, which leases are worth a look. Only a faster way to the same decisions: a manifest's content
 * comes from a describe, absence from a list is no answer, and a list that is refused, lags, repeats or skips costs calls and nothing else.
 *
 * @returns what to do, what is due first, in the order of the leases. A lease is left out whose job is not due and does not seem to have ended.
 * @throws what {@link Lists.ask} throws
 */
export async function sweep(leases: readonly Lease[], deps: SweepDeps): Promise<readonly Task[]> {
  const now = deps.now();
  const groups = new Map<string, Group>();
  const tasks: Task[] = [];
  for (const lease of leases) {
    const candidate = candidateOf(lease, deps);
    if (candidate !== undefined) groupOf(candidate.lease, groups).candidates.push(candidate);
    else if (isDueNow(lease)) tasks.push({ kind: 'look', lease });
  }
  for (const group of groups.values()) tasks.push(...(await new GroupSweep(group, now, deps).tasks()));
  return inOrder(tasks, leases);
}

/** A run may not get to all; what it does first must not be the same each time. */
function inOrder(tasks: readonly Task[], leases: readonly Lease[]): readonly Task[] {
  const places = new Map(
    leases.map((lease, place) => [lease, place + (isDueNow(lease) ? 0 : leases.length)]),
  );
  const placeOf = ({ lease }: Task): number => places.get(lease) ?? 0;
  return [...tasks].sort((one, other) => placeOf(one) - placeOf(other));
}

/** What to do without lists: every job that is due is asked about. */
export function singly(leases: readonly Lease[]): readonly Task[] {
  return leases.filter(isDueNow).map((lease) => ({ kind: 'look', lease }));
}

/** What lists say about a job; undefined where they show it, and its entry cannot be decoded or names a state that nobody knows. */
type Finding =
  | undefined
  | { readonly kind: 'ended'; readonly endedAt: EpochMs | undefined }
  | { readonly kind: 'unended'; readonly job: UnendedJob }
  /** Its window was listed whole for jobs that have ended, and it is not there. */
  | { readonly kind: 'absent' }
  /** Its window was listed whole for jobs that have not ended, and it is not there: it seems to have ended. */
  | { readonly kind: 'missing' };

/** The sweep over the jobs of one group. */
class GroupSweep {
  readonly #group: Group;
  /** The oldest first. */
  readonly #jobs: readonly Candidate[];
  readonly #now: EpochMs;
  readonly #deps: SweepDeps;
  readonly #findings = new Map<Candidate, Finding>();
  #pages = 0;

  constructor(group: Group, now: EpochMs, deps: SweepDeps) {
    this.#group = group;
    this.#jobs = [...group.candidates].sort((one, other) => one.createdAt - other.createdAt);
    this.#now = now;
    this.#deps = deps;
  }

  async tasks(): Promise<readonly Task[]> {
    await this.#askWhichEnded();
    await this.#askWhichDidNot();
    const tasks = this.#jobs.flatMap((job) => taskOf(job, this.#findings.get(job), this.#isSilent(job)));
    if (this.#pages > 0) {
      const counts = { jobs: this.#jobs.length, pages: this.#pages, ...countsOf(tasks) };
      this.#deps.log.info('swept', { ...this.#group.source, ...counts });
    }
    return tasks;
  }

  async #askWhichEnded(): Promise<void> {
    for (const window of windowsOfEnded(this.#jobs, this.#now, this.#deps.policy)) {
      const { isWhole, notThere } = await this.#ended(window);
      if (isWhole) for (const job of notThere) this.#findings.set(job, { kind: 'absent' });
    }
  }

  /** For those that no list of ended jobs speaks of, or not for too long. */
  async #askWhichDidNot(): Promise<void> {
    const looksOf = (job: Candidate): number | undefined => {
      if (this.#isSilent(job)) return 1;
      return this.#findings.has(job) ? undefined : looksDue(job, this.#now);
    };
    const open = this.#jobs.filter((job) => this.#findings.get(job)?.kind !== 'ended');
    for (const window of windowsOfUnended(open, looksOf, this.#deps.policy)) {
      const { isWhole, notThere } = await this.#unended(window);
      if (!isWhole) continue;
      const early = notThere.filter((job) => !job.isDue && !this.#isSilent(job));
      if (early.length > FEW) await this.#ended({ ...window, jobs: early });
      else for (const job of early) this.#findings.set(job, { kind: 'missing' });
    }
  }

  /** A job that no list of ended ones shows, and that must be heard of: if a list of unended ones does not, by a look. */
  #isSilent(job: Candidate): boolean {
    return this.#findings.get(job)?.kind === 'absent' && isWordDue(job, this.#now, this.#deps.policy);
  }

  #ended(window: SweepWindow<Candidate>): Promise<Asked> {
    return this.#ask(ENDED, window, (pages) => pages < window.maxPages);
  }

  #unended(window: SweepWindow<Candidate>): Promise<Asked> {
    const wanted = window.jobs.map(({ lease }) => lease.job.jobId);
    return this.#ask(UNENDED, window, (pages, found) => {
      const hits = wanted.filter((jobId) => found.has(jobId)).length;
      return hits < wanted.length && pages < Math.min(window.maxPages, GRACE_PAGES + hits);
    });
  }

  async #ask(
    states: readonly ListedState[],
    { jobs, from, to }: SweepWindow<Candidate>,
    goesOn: ListRequest<Finding>['goesOn'],
  ): Promise<Asked> {
    const { source, queueId } = this.#group;
    const query = { ...(queueId === undefined ? {} : { queueId }), states, createdFrom: from, createdTo: to };
    const { found, pages, isWhole } = await this.#deps.lists.ask({ source, query, keep: findingOf, goesOn });
    this.#pages += pages;
    const notThere: Candidate[] = [];
    for (const job of jobs) {
      const { jobId } = job.lease.job;
      if (found.has(jobId)) this.#findings.set(job, found.get(jobId));
      else notThere.push(job);
    }
    return { isWhole, notThere };
  }
}

/** What one list left open. */
interface Asked {
  readonly isWhole: boolean;
  readonly notThere: readonly Candidate[];
}

/** Goes by the state alone, whichever was asked for. */
function findingOf(job: DocJob | undefined): Finding {
  if (job === undefined || job.state === 'Unrecognized') return undefined;
  return hasEnded(job) ? { kind: 'ended', endedAt: job.endTime?.at } : { kind: 'unended', job };
}

function hasEnded(job: EndedJob | UnendedJob): job is EndedJob {
  return ENDED.includes(job.state);
}

function taskOf({ lease, isDue, lookedAt }: Candidate, finding: Finding, isSilent: boolean): readonly Task[] {
  const look: Task = { kind: 'look', lease };
  const ifDue = (task: Task): readonly Task[] => (isDue ? [task] : []);
  switch (finding?.kind) {
    case 'ended':
      return isNews(finding.endedAt, lookedAt) ? [look] : ifDue(look);
    case 'unended':
      return ifDue({ kind: 'listed', lease, job: finding.job });
    case 'missing':
      return [look];
    case 'absent':
      return isSilent ? [look] : ifDue({ kind: 'absent', lease });
    case undefined:
      return ifDue(look);
  }
}

function isNews(endedAt: EpochMs | undefined, lookedAt: EpochMs = epochMs(0)): boolean {
  return endedAt === undefined || endedAt > before(lookedAt, LIST_LAG);
}

function isDueNow({ pass }: Lease): boolean {
  return pass?.isDue ?? true;
}

/** A job that a list can speak of: its creation time is known, and its bucket may be asked. */
function candidateOf(lease: Lease, { isAllowedBucket }: SweepDeps): Candidate | undefined {
  if (lease.kind === 'not-a-job') return undefined;
  const { bucket, createdAt } = lease.job;
  if (createdAt === undefined || !isAllowedBucket(bucket)) return undefined;
  return {
    lease,
    createdAt,
    firstSeenAt: lease.firstSeenAt,
    isDue: isDueNow(lease),
    lookedAt: lease.pass?.since,
  };
}

function groupOf({ job }: JobLease, groups: Map<string, Group>): Group {
  const { bucket, region, queueId } = job;
  const key = JSON.stringify([bucket, region, queueId]);
  const group = groups.get(key) ?? { source: { bucket, region }, queueId, candidates: [] };
  groups.set(key, group);
  return group;
}

function countsOf(tasks: readonly Task[]): Record<Task['kind'], number> {
  const counts = { look: 0, listed: 0, absent: 0 };
  for (const { kind } of tasks) counts[kind] += 1;
  return counts;
}
