import pMap from 'p-map';
import { CosClient } from '../cos/client.js';
import { DeadlineError } from '../cos/errors/deadline-error.js';
import { DocjobError } from '../domain/docjob-error.js';
import { between, millis, seconds, type EpochMs } from '../domain/units.js';
import type { JobLease, Lease, Outcome, SettleResult } from '../queue/pending-queue.js';
import { Announcer } from './announcer.js';
import { looksAtATime, lookUntil, mayStart, planRun, type RunBudget } from './budget.js';
import { Course } from './course.js';
import { Gatherer } from './gatherer.js';
import { Holds } from './holds.js';
import { failedLook, look, lookByList, type LookDeps, type LookResult } from './look.js';
import { probe } from './probe.js';
import type { RunReport } from './report.js';
import { RunError } from './run-error.js';
import type { RunDeps, RunLimits, RunPolicy } from './run-policy.js';
import { Settler } from './settler.js';
import type { Task } from './sweep.js';
import { Tally } from './tally.js';
import { Turns } from './turns.js';

/**
 * How long what is handed back in an outage stays away: until the next run of a schedule of minutes, and no shorter, since a queue that calls the
 * function would call it with the same jobs at once. A queue that keeps no delays would take one for a look that was made.
 */
const OUTAGE_PAUSE = seconds(30);

const REFUSED = 'the run stopped, since no other job would fare better';

const CUT_OFF = 'the service had not answered when the time for this run was over';

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
  readonly #course: Course;
  readonly #client: CosClient;
  readonly #gatherer: Gatherer;
  readonly #settler: Settler;
  readonly #tally: Tally;
  readonly #lookDeps: LookDeps;

  constructor(policy: RunPolicy, deps: RunDeps, limits: RunLimits, budget: RunBudget, startedAt: EpochMs) {
    this.#policy = policy;
    this.#deps = deps;
    this.#limits = limits;
    this.#budget = budget;
    this.#course = new Course(limits.signal);
    this.#client = new CosClient(policy.client, deps, {
      deadline: budget.workUntil,
      signal: this.#course.signal,
    });
    const { notices, log } = deps;
    const tally = new Tally(startedAt);
    this.#tally = tally;
    const announcer = notices && new Announcer({ notices, log, tally }, budget);
    this.#settler = new Settler({ ...deps, announcer }, budget);
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
    this.#gatherer = new Gatherer(policy, deps, {
      deadline: limits.deadline,
      budget,
      client: this.#client,
      course: this.#course,
      tally: this.#tally,
      holds: this.#lookDeps.holds,
    });
  }

  async go(): Promise<RunReport> {
    const { concurrency, client } = this.#policy;
    const ended = new AbortController();
    this.#stopWork(ended.signal);
    try {
      if (this.#policy.withoutProbe !== true) await this.#probe();
      // Neither gathering nor handling ever throws: what goes wrong is remembered, and the rest is settled first.
      for (let tasks = await this.#gatherer.next(); tasks.length > 0; tasks = await this.#gatherer.next()) {
        const turns = new Turns(tasks);
        const handle = (task: Task): Promise<void> => this.#handle(task).finally(() => turns.ended(task));
        await pMap(turns, handle, { concurrency: looksAtATime(concurrency, client) });
      }
      await this.#settler.flush();
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
      () => this.#course.timeIsUp(new DocjobError('out-of-time', CUT_OFF, { disposition: 'transient' })),
      () => undefined,
    );
  }

  /** Stops the run before the first lease where the service cannot be used. */
  async #probe(): Promise<void> {
    try {
      await probe(this.#client, this.#policy.source);
    } catch (error) {
      if (this.#limits.signal?.aborted === true) this.#course.stop('aborted');
      else if (error instanceof DocjobError && error.disposition === 'throttled') {
        this.#deps.log.warn('run-throttled', { message: error.message, requestId: error.requestId });
        this.#course.stop('throttled');
      } else this.#course.fail('service-unusable', 'no job was leased, since CI cannot be used', error);
    }
  }

  async #handle(task: Task): Promise<void> {
    const { lease } = task;
    if (lease.kind === 'not-a-job') {
      const outcome: Outcome = { kind: 'dead-letter', reason: 'not-a-job', detail: lease.problem };
      await this.#settle(lease, { outcome });
      return;
    }
    const result = lookByList(task, this.#lookDeps) ?? (await this.#look(lease));
    if (result === undefined) await this.#handBack(lease);
    else await this.#settle(lease, result);
  }

  /** Looks at a job if there is still time and reason to; undefined when the lease should go back as it came. */
  async #look(lease: JobLease): Promise<LookResult | undefined> {
    if (this.#tally.looks >= this.#policy.maxLeases) {
      this.#course.stop('lease-limit');
      return undefined;
    }
    if (
      this.#course.isOver() ||
      this.#outage !== undefined ||
      !mayStart(this.#deps.clock.now(), lease.until, this.#budget)
    )
      return undefined;
    this.#tally.startLook();
    const until = lookUntil(lease.until, this.#budget);
    try {
      return await look(lease, { ...this.#lookDeps, requester: this.#client.until(until) });
    } catch (error) {
      if (this.#course.isOver()) {
        if (isRefusalOfOurKey(error)) this.#course.fail('service-unusable', REFUSED, error);
        return undefined;
      }
      if (error instanceof DeadlineError) {
        // A lease that ends before the run does leaves time for others.
        if (until === this.#budget.workUntil) this.#course.stop('out-of-time');
        return undefined;
      }
      this.#course.fail('service-unusable', REFUSED, error);
      // Not back at once: a job that makes every run stop must not be the first of the next one again.
      return failedLook(lease, error, this.#lookDeps);
    }
  }

  async #settle(lease: Lease, { outcome, finished, announcement }: LookResult): Promise<void> {
    const onSettled = (result: SettleResult): void => this.#tally.settled(result, finished);
    await this.#settler.add({ settlement: { lease, outcome }, announcement, onSettled });
  }

  async #handBack(lease: Lease): Promise<void> {
    this.#tally.handBack();
    const { exactDelays } = this.#deps.queue.capabilities;
    const delay = exactDelays && this.#outage !== undefined ? OUTAGE_PAUSE : millis(0);
    const outcome: Outcome = { kind: 'look-again', delay };
    const onSettled = (result: SettleResult): void => this.#tally.returned(result);
    await this.#settler.add({ settlement: { lease, outcome }, onSettled });
  }

  get #outage(): DocjobError | undefined {
    return this.#lookDeps.holds.outage;
  }

  #conclude(): RunReport {
    const broken = this.#tally.broken ?? this.#settler.failure;
    if (broken !== undefined) this.#course.fail('run-failed', 'the run could not do its work', broken);
    // Stryker disable next-line StringLiteral: the leases never end without a reason, which the type does not know.
    const stopped = this.#course.stopped ?? 'queue-empty';
    const report = this.#tally.report(this.#deps.clock.now(), this.#client.counts, stopped);
    this.#deps.log.info('run-finished', { report });
    const { failure } = this.#course;
    if (failure !== undefined) throw new RunError(failure, report);
    return report;
  }
}

/** What the run is to be told of even where its time was over before another key came. */
function isRefusalOfOurKey(error: unknown): boolean {
  // Stryker disable next-line ConditionalExpression,LogicalOperator: of DocjobErrors only refusals come here once a run is over, save a DeadlineError at the very moment.
  return error instanceof DocjobError && error.disposition === 'credentials';
}
