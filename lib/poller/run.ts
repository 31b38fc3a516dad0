import pMap from 'p-map';
import { CosClient, type CosClientEffects, type CosClientPolicy } from '../cos/client.js';
import { DeadlineError } from '../cos/errors/deadline-error.js';
import { listDocJobs } from '../doc-jobs/list.js';
import { DocjobError } from '../domain/docjob-error.js';
import type { BucketName, Region } from '../domain/names.js';
import { between, epochMs, millis, seconds, type EpochMs, type Millis } from '../domain/units.js';
import type { KeyTemplate } from '../manifest/index.js';
import type { JobLease, Lease, Outcome, PendingQueue } from '../queue/pending-queue.js';
import type { Log } from '../telemetry/log.js';
import {
  leaseProblem,
  leasesAtATime,
  listUntil,
  looksAtATime,
  lookUntil,
  mayStart,
  planRun,
  type RunBudget,
} from './budget.js';
import type { DecisionPolicy } from './decide.js';
import { Holds } from './holds.js';
import { failedLook, look, lookByList, type LookDeps, type LookResult } from './look.js';
import { Lists, type ListPage } from './lists.js';
import { probe } from './probe.js';
import type { FinishedJob, RunReport, StopReason } from './report.js';
import { RunError, type Failure, type RunErrorCode } from './run-error.js';
import { Settler } from './settler.js';
import { singly, sweep, type SweepDeps, type Task } from './sweep.js';
import type { SweepPolicy } from './sweep-plan.js';
import { Tally } from './tally.js';

const SLOW_PROBE =
  'the probe took so long that no time is left for a look: CI is slow, or the function needs a longer timeout';

/**
 * How long what is handed back in an outage stays away: until the next run of a schedule of minutes, and no shorter, since a queue that calls the
 * function would call it with the same jobs at once. A queue that keeps no delays would take one for a look that was made.
 */
const OUTAGE_PAUSE = seconds(30);

const CUT_OFF = 'the service had not answered when the time for this run was over';

/** Queues give ten messages a call (SQS) or more while they have as many: one that gives fewer has little else, and its jobs need not wait for the rest. */
const FULL_RECEIVE = 10;

/** How runs go; the same for every run of a deployment. */
export interface RunPolicy {
  readonly client: CosClientPolicy;
  readonly decisions: DecisionPolicy;
  /** The bucket that the probe asks about, and that bare job IDs belong to. */
  readonly source: { readonly bucket: BucketName; readonly region: Region };
  readonly isAllowedBucket: (bucket: BucketName) => boolean;
  readonly keyTemplate: KeyTemplate;
  /** Looks at a time. */
  readonly concurrency: number;
  /** Leases that one run takes at most, so that its memory does not grow with the backlog. */
  readonly maxLeases: number;
  /** How long to wait for a message when there seems to be none. */
  readonly queueWait: Millis;
  /**
   * Leaves out the probe before the first lease. For jobs that are in hand already: there is no lease to spare, and the first look finds out as
   * well what is wrong with our identity.
   */
  readonly withoutProbe?: boolean;
  /** How lists of jobs are made use of; without it every job is asked about singly. */
  readonly sweep?: SweepPolicy;
}

/** Everything that a run touches. */
export interface RunDeps extends CosClientEffects {
  readonly queue: PendingQueue;
  readonly log: Log;
}

/** One run's limits. */
export interface RunLimits {
  /** The platform kills the run at this moment. */
  readonly deadline: EpochMs;
  /** Asks the run to stop early: leases go back, nothing is lost. */
  readonly signal?: AbortSignal;
}

/**
 * One run of the poller: leases pending jobs, looks at each, writes the manifests of those that have ended, and settles every lease. Ends when
 * the queue is empty, the time is up or enough was leased.
 *
 * @throws RunError when it could not do its work: no time for a single look, a key or a service that cannot be used, a queue that cannot be
 * asked, or looks of which not one succeeded. A job that fails is not a run that fails.
 */
export async function run(policy: RunPolicy, deps: RunDeps, limits: RunLimits): Promise<RunReport> {
  const startedAt = deps.clock.now();
  const gate = planRun(startedAt, limits.deadline, policy.client.attemptTimeout);
  if (gate.kind === 'refuse') {
    throw new RunError({ code: 'run-refused', what: gate.problem });
  }
  if (gate.kind === 'warn') deps.log.warn('run-short-of-time', { problem: gate.problem });
  return new Run(policy, deps, limits, gate.budget, startedAt).go();
}

class Run {
  readonly #policy: RunPolicy;
  readonly #deps: RunDeps;
  readonly #limits: RunLimits;
  readonly #budget: RunBudget;
  readonly #signal: AbortSignal;
  readonly #outOfTime = new AbortController();
  readonly #client: CosClient;
  readonly #settler: Settler;
  readonly #tally: Tally;
  readonly #lookDeps: LookDeps;
  #stopped: StopReason | undefined;
  #failure: Failure | undefined;
  readonly #sweepDeps: SweepDeps | undefined;
  /** No list outlives this moment: looks must fit in after it. */
  #listUntil: EpochMs;
  #gathered = 0;
  #looks = 0;

  constructor(policy: RunPolicy, deps: RunDeps, limits: RunLimits, budget: RunBudget, startedAt: EpochMs) {
    this.#policy = policy;
    this.#deps = deps;
    this.#limits = limits;
    this.#budget = budget;
    const own = this.#outOfTime.signal;
    this.#signal = limits.signal === undefined ? own : AbortSignal.any([own, limits.signal]);
    this.#client = new CosClient(policy.client, deps, { deadline: budget.workUntil, signal: this.#signal });
    this.#settler = new Settler(deps.queue, deps.log);
    this.#tally = new Tally(startedAt);
    this.#lookDeps = {
      requester: this.#client,
      now: () => this.#client.now(),
      random: deps.random,
      log: deps.log,
      tally: this.#tally,
      holds: new Holds(),
      policy: policy.decisions,
      isAllowedBucket: policy.isAllowedBucket,
      keyTemplate: policy.keyTemplate,
    };
    const { sweep, isAllowedBucket } = policy;
    this.#listUntil = budget.workUntil;
    const list: ListPage = (source, query) => {
      // Before it waits for its turn: a list that cannot be had in time must not take the time of looks.
      if (between(deps.clock.now(), this.#listUntil) < policy.client.attemptTimeout)
        return Promise.reject(new DeadlineError(`a list of the jobs of ${source.bucket}`));
      return listDocJobs(this.#client.until(this.#listUntil), source, query);
    };
    this.#sweepDeps = sweep && {
      lists: new Lists(list, sweep.pageSize, deps.log, (error) => this.#tally.erred(error)),
      now: () => this.#client.now(),
      log: deps.log,
      isAllowedBucket,
      policy: sweep,
    };
  }

  async go(): Promise<RunReport> {
    const { concurrency, client } = this.#policy;
    const ended = new AbortController();
    this.#stopWork(ended.signal);
    try {
      if (this.#policy.withoutProbe !== true) await this.#probe();
      // Neither taking leases nor their handling ever throws: what goes wrong is remembered, and the rest is settled first.
      for (let leases = await this.#gather(); leases.length > 0; leases = await this.#gather()) {
        const tasks = await this.#tasksOf(leases);
        await pMap(tasks, (task) => this.#handle(task), { concurrency: looksAtATime(concurrency, client) });
        await this.#settler.flush();
      }
    } finally {
      ended.abort();
    }
    return this.#conclude();
  }

  /**
   * Aborts what is in flight when the work's time is over, unless the run ends before. A look that is cut off so had all the time that a look may
   * take: it failed, and ages like any other, lest it be the first and the last of every run.
   */
  #stopWork(ended: AbortSignal): void {
    const { clock } = this.#deps;
    const left = between(clock.now(), this.#budget.workUntil);
    clock.sleep(left, ended).then(
      () => this.#outOfTime.abort(new DocjobError('out-of-time', CUT_OFF, { disposition: 'transient' })),
      () => undefined,
    );
  }

  /** Stops the run before the first lease where the service cannot be used. */
  async #probe(): Promise<void> {
    try {
      await probe(this.#client, this.#policy.source);
    } catch (error) {
      if (this.#limits.signal?.aborted === true) this.#stop('aborted');
      else if (error instanceof DocjobError && error.disposition === 'throttled') {
        this.#deps.log.warn('run-throttled', { message: error.message, requestId: error.requestId });
        this.#stop('throttled');
      } else this.#fail('service-unusable', 'no job was leased, since CI cannot be used', error);
    }
  }

  /** Takes leases for the next looks; none when the run is to take no more. */
  async #gather(): Promise<readonly Lease[]> {
    const { capabilities } = this.#deps.queue;
    const timeLeft = between(this.#deps.clock.now(), this.#budget.workUntil);
    const most = leasesAtATime(capabilities, timeLeft, this.#policy.client.requestsPerSecond);
    const gathered: Lease[] = [];
    while (gathered.length < most && this.#mayLease(gathered.length)) {
      const room = this.#isEarly ? most : Math.min(most, this.#policy.maxLeases - this.#tally.leased);
      const leases = await this.#lease(room - gathered.length);
      gathered.push(...leases);
      this.#gathered += leases.length;
      const hasMore = leases.length >= (capabilities.showsAll ? 1 : FULL_RECEIVE);
      if (!hasMore) break;
    }
    if (gathered.length > 0) this.#checkLength(gathered);
    else this.#stop('queue-empty');
    return gathered;
  }

  #mayLease(gathered: number): boolean {
    if (this.#signal.aborted) this.#stop(this.#outOfTime.signal.aborted ? 'out-of-time' : 'aborted');
    else if (this.#outage !== undefined)
      this.#stop(this.#outage.disposition === 'throttled' ? 'throttled' : 'service-down');
    else if (this.#isFull(gathered)) this.#stop('lease-limit');
    else if (!mayStart(this.#deps.clock.now(), this.#limits.deadline, this.#budget))
      this.#stop('out-of-time');
    // Told as a failure: a run that never gets to a lease would pass for one that found nothing due, tick after tick.
    if (this.#stopped === 'out-of-time' && this.#gathered === 0)
      this.#fail(
        'service-unusable',
        'no job was leased',
        new DocjobError('out-of-time', SLOW_PROBE, { disposition: 'transient' }),
      );
    return this.#stopped === undefined;
  }

  /** Where all jobs are taken, what a limit is for are those that are looked at. */
  #isFull(gathered: number): boolean {
    return (this.#isEarly ? this.#looks : this.#tally.leased + gathered) >= this.#policy.maxLeases;
  }

  /** Whether jobs that are not due are taken too, of which lists may show that they have ended. */
  get #isEarly(): boolean {
    return this.#sweepDeps !== undefined && this.#deps.queue.capabilities.showsAll;
  }

  async #lease(max: number): Promise<readonly Lease[]> {
    try {
      return await this.#deps.queue.lease({
        max,
        holdUntil: this.#limits.deadline,
        wait: this.#policy.queueWait,
        early: this.#isEarly,
        signal: this.#signal,
      });
    } catch (error) {
      if (this.#signal.aborted) this.#stop(this.#outOfTime.signal.aborted ? 'out-of-time' : 'aborted');
      else this.#fail('queue-unusable', 'the queue cannot be asked for jobs', error);
      return [];
    }
  }

  /** What to do about leases, by lists where they can tell. */
  async #tasksOf(leases: readonly Lease[]): Promise<readonly Task[]> {
    const tasks = await this.#sweep(leases);
    this.#tally.lease(tasks.map(({ lease }) => lease));
    return tasks;
  }

  async #sweep(leases: readonly Lease[]): Promise<readonly Task[]> {
    if (this.#sweepDeps === undefined || this.#isOver()) return singly(leases);
    const shortest = epochMs(Math.min(...leases.map(({ until }) => until)));
    this.#listUntil = listUntil(shortest, this.#budget);
    try {
      return await sweep(leases, this.#sweepDeps);
    } catch (error) {
      if (!this.#signal.aborted)
        this.#fail('service-unusable', 'the run stopped, since no job would fare better than a list', error);
      return singly(leases);
    }
  }

  /** Fails when no lease holds a look: handed back they would come round again, in this run and in every other, and nobody be looked at. */
  #checkLength(leases: readonly Lease[]): void {
    const longest = epochMs(Math.max(...leases.map(({ until }) => until)));
    const problem = leaseProblem(this.#deps.clock.now(), longest, this.#limits.deadline, this.#budget);
    if (problem !== undefined) this.#fail('queue-unusable', problem, undefined);
  }

  async #handle(task: Task): Promise<void> {
    const { lease } = task;
    if (lease.kind === 'not-a-job') {
      await this.#settle(lease, { kind: 'dead-letter', reason: 'not-a-job', detail: lease.problem });
      return;
    }
    const result = lookByList(task, this.#lookDeps) ?? (await this.#look(lease));
    if (result === undefined) await this.#handBack(lease);
    else await this.#settle(lease, result.outcome, result.finished);
  }

  /** Looks at a job if there is still time and reason to; undefined when the lease should go back as it came. */
  async #look(lease: JobLease): Promise<LookResult | undefined> {
    if (this.#looks >= this.#policy.maxLeases) {
      this.#stop('lease-limit');
      return undefined;
    }
    if (
      this.#isOver() ||
      this.#outage !== undefined ||
      !mayStart(this.#deps.clock.now(), lease.until, this.#budget)
    )
      return undefined;
    this.#looks += 1;
    const until = lookUntil(lease.until, this.#budget);
    try {
      return await look(lease, { ...this.#lookDeps, requester: this.#client.until(until) });
    } catch (error) {
      if (this.#isOver()) return undefined;
      if (error instanceof DeadlineError) {
        // A lease that ends before the run does leaves time for others.
        if (until === this.#budget.workUntil) this.#stop('out-of-time');
        return undefined;
      }
      this.#fail('service-unusable', 'the run stopped, since no other job would fare better', error);
      // Not back at once: a job that makes every run stop must not be the first of the next one again.
      return failedLook(lease, error, this.#lookDeps);
    }
  }

  async #settle(lease: Lease, outcome: Outcome, finished?: FinishedJob): Promise<void> {
    if (outcome.kind === 'dead-letter') {
      const job = lease.kind === 'job' ? { jobId: lease.job.jobId, bucket: lease.job.bucket } : {};
      const { reason, detail, lastError } = outcome;
      this.#deps.log.warn('dead-letter', {
        lease: lease.id,
        ...job,
        reason,
        detail,
        requestId: lastError?.requestId,
      });
    }
    await this.#settler.add({ lease, outcome }, (result) => this.#tally.settled(result, finished));
  }

  async #handBack(lease: Lease): Promise<void> {
    const { exactDelays } = this.#deps.queue.capabilities;
    const delay = exactDelays && this.#outage !== undefined ? OUTAGE_PAUSE : millis(0);
    const outcome: Outcome = { kind: 'look-again', delay };
    await this.#settler.add({ lease, outcome }, (result) => this.#tally.returned(result));
  }

  get #outage(): DocjobError | undefined {
    return this.#lookDeps.holds.outage;
  }

  #isOver(): boolean {
    return this.#failure !== undefined || this.#signal.aborted;
  }

  #stop(reason: StopReason): void {
    this.#stopped ??= reason;
  }

  #fail(code: RunErrorCode, what: string, cause: unknown): void {
    this.#failure ??= { code, what, cause };
    this.#stopped = 'failed';
  }

  #conclude(): RunReport {
    const broken = this.#tally.broken ?? this.#settler.failure;
    if (broken !== undefined) this.#fail('run-failed', 'the run could not do its work', broken);
    // Stryker disable next-line StringLiteral: the leases never end without a reason, which the type does not know.
    const stopped = this.#stopped ?? 'queue-empty';
    const report = this.#tally.report(this.#deps.clock.now(), this.#client.counts, stopped);
    this.#deps.log.info('run-finished', { report });
    if (this.#failure !== undefined) throw new RunError(this.#failure, report);
    return report;
  }
}
