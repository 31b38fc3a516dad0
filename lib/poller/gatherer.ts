import type { CosClient } from '../cos/client.js';
import { DeadlineError } from '../cos/errors/deadline-error.js';
import { listDocJobs } from '../doc-jobs/list.js';
import { DocjobError } from '../domain/docjob-error.js';
import { between, epochMs, millis, type EpochMs, type Millis } from '../domain/units.js';
import type { Lease } from '../queue/pending-queue.js';
import { gatherUntil, leaseProblem, leasesAtATime, listUntil, mayStart, type RunBudget } from './budget.js';
import type { Course } from './course.js';
import type { Holds } from './holds.js';
import { Lists, type ListPage } from './lists.js';
import type { RunDeps, RunPolicy } from './run-policy.js';
import { singly, sweep, type SweepDeps, type Task } from './sweep.js';
import type { Tally } from './tally.js';

const NO_TIME =
  'the probe and the queue took so long that no time is left for a look: one of them is slow, or the function needs a longer timeout';

/** Queues give ten messages a call (SQS) or more while they have as many: one that gives fewer has little else, and its jobs need not wait for the rest. */
const FULL_RECEIVE = 10;

/** What a run's gathering works with beside what the run was given. */
export interface GatherDeps {
  readonly deadline: EpochMs;
  readonly budget: RunBudget;
  readonly client: CosClient;
  readonly course: Course;
  readonly tally: Tally;
  readonly holds: Holds;
}

/** Takes leases, and finds out by lists which of them are worth a look. Never throws: what goes wrong is remembered in the run's course. */
export class Gatherer {
  readonly #policy: RunPolicy;
  readonly #deps: RunDeps;
  readonly #run: GatherDeps;
  readonly #sweepDeps: SweepDeps | undefined;
  /** No list outlives this moment: looks must fit in after it. */
  #listUntil: EpochMs;
  #gathered = 0;

  constructor(policy: RunPolicy, deps: RunDeps, run: GatherDeps) {
    this.#policy = policy;
    this.#deps = deps;
    this.#run = run;
    this.#listUntil = run.budget.workUntil;
    const { sweep, isAllowedBucket } = policy;
    const { client, tally } = run;
    const list: ListPage = (source, query) => {
      // Before it waits for its turn: a list that cannot be had in time must not take the time of looks.
      if (between(deps.clock.now(), this.#listUntil) < policy.client.attemptTimeout)
        // Stryker disable next-line StringLiteral: nobody reads it, since a list that there is no time for is left out without a word.
        return Promise.reject(new DeadlineError(`a list of the jobs of ${source.bucket}`));
      return listDocJobs(client.until(this.#listUntil), source, query);
    };
    this.#sweepDeps = sweep && {
      lists: new Lists(list, sweep.pageSize, deps.log, (error) => tally.erred(error)),
      now: () => client.now(),
      log: deps.log,
      isAllowedBucket,
      policy: sweep,
    };
  }

  /** What to do next; nothing when the run is to take no more leases. */
  async next(): Promise<readonly Task[]> {
    for (let leases = await this.#gather(); leases.length > 0; leases = await this.#gather()) {
      const tasks = await this.#sweep(leases);
      this.#run.tally.lease(tasks.map(({ lease }) => lease));
      // Of jobs that are not due there may be nothing to do for any; others may wait behind them.
      if (tasks.length > 0) return tasks;
    }
    return [];
  }

  async #gather(): Promise<readonly Lease[]> {
    const { capabilities } = this.#deps.queue;
    const { clock } = this.#deps;
    const { budget, tally, course } = this.#run;
    const timeLeft = between(clock.now(), budget.workUntil);
    const until = gatherUntil(clock.now(), budget);
    const most = leasesAtATime(capabilities, timeLeft, this.#policy.client.requestsPerSecond);
    const gathered: Lease[] = [];
    while (gathered.length < most && this.#mayLease(gathered.length)) {
      const room = this.#isEarly ? most : Math.min(most, this.#policy.maxLeases - tally.leased);
      // What is in hand does not wait for what may come.
      const wait = gathered.length === 0 ? this.#policy.queueWait : millis(0);
      const leases = await this.#lease(room - gathered.length, wait);
      gathered.push(...leases);
      // Stryker disable next-line AssignmentOperator: it is only told from none.
      this.#gathered += leases.length;
      const hasMore = leases.length >= (capabilities.showsAll ? 1 : FULL_RECEIVE);
      if (!hasMore || clock.now() >= until) break;
    }
    if (gathered.length > 0) this.#checkLength(gathered);
    else course.stop('queue-empty');
    return gathered;
  }

  #mayLease(gathered: number): boolean {
    const { course, holds, budget, deadline } = this.#run;
    if (course.signal.aborted) course.stopAborted();
    else if (holds.outage !== undefined)
      course.stop(holds.outage.disposition === 'throttled' ? 'throttled' : 'service-down');
    else if (this.#isFull(gathered)) course.stop('lease-limit');
    else if (!mayStart(this.#deps.clock.now(), deadline, budget)) course.stop('out-of-time');
    // Told as a failure: a run that never gets to a lease or a look would pass for one that found nothing due, tick after tick.
    if (course.stopped === 'out-of-time' && (this.#gathered === 0 || this.#run.tally.isInVain))
      course.fail(
        'service-unusable',
        this.#gathered === 0 ? 'no job was leased' : 'no job was looked at',
        new DocjobError('out-of-time', NO_TIME, { disposition: 'transient' }),
      );
    return course.stopped === undefined;
  }

  /** Where all jobs are taken, what a limit is for are those that are looked at. */
  #isFull(gathered: number): boolean {
    const { tally } = this.#run;
    return (this.#isEarly ? tally.looks : tally.leased + gathered) >= this.#policy.maxLeases;
  }

  /** Whether jobs that are not due are taken too, of which lists may show that they have ended. */
  get #isEarly(): boolean {
    return this.#sweepDeps !== undefined && this.#deps.queue.capabilities.showsAll;
  }

  async #lease(max: number, wait: Millis): Promise<readonly Lease[]> {
    const { course, deadline } = this.#run;
    try {
      return await this.#deps.queue.lease({
        max,
        holdUntil: deadline,
        wait,
        early: this.#isEarly,
        signal: course.signal,
      });
    } catch (error) {
      if (course.signal.aborted) course.stopAborted();
      else course.fail('queue-unusable', 'the queue cannot be asked for jobs', error);
      return [];
    }
  }

  /** What to do about leases, by lists where they can tell. */
  async #sweep(leases: readonly Lease[]): Promise<readonly Task[]> {
    const { course, budget } = this.#run;
    if (this.#sweepDeps === undefined || course.isOver()) return singly(leases);
    const shortest = epochMs(Math.min(...leases.map(({ until }) => until)));
    this.#listUntil = listUntil(shortest, budget);
    try {
      return await sweep(leases, this.#sweepDeps);
    } catch (error) {
      if (!course.signal.aborted)
        course.fail('service-unusable', 'the run stopped, since no job would fare better than a list', error);
      return singly(leases);
    }
  }

  /** Fails when no lease holds a look: handed back they would come round again, in this run and in every other, and nobody be looked at. */
  #checkLength(leases: readonly Lease[]): void {
    const { course, budget, deadline } = this.#run;
    const longest = epochMs(Math.max(...leases.map(({ until }) => until)));
    const problem = leaseProblem(this.#deps.clock.now(), longest, deadline, budget);
    if (problem !== undefined) course.fail('queue-unusable', problem, undefined);
  }
}
