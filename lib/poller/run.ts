import pMap from 'p-map';
import { CosClient, type CosClientEffects, type CosClientPolicy } from '../cos/client.js';
import { DeadlineError } from '../cos/errors/deadline-error.js';
import { DocjobError } from '../domain/docjob-error.js';
import type { BucketName, Region } from '../domain/names.js';
import { between, epochMs, millis, seconds, type EpochMs, type Millis } from '../domain/units.js';
import type { KeyTemplate } from '../manifest/index.js';
import type { JobLease, Lease, Outcome, PendingQueue } from '../queue/pending-queue.js';
import type { Log } from '../telemetry/log.js';
import { leaseProblem, looksAtATime, lookUntil, mayStart, planRun, type RunBudget } from './budget.js';
import type { DecisionPolicy } from './decide.js';
import { Holds } from './holds.js';
import { failedLook, look, type LookDeps, type LookResult } from './look.js';
import { probe } from './probe.js';
import type { FinishedJob, RunReport, StopReason } from './report.js';
import { RunError, type Failure, type RunErrorCode } from './run-error.js';
import { Settler } from './settler.js';
import { Tally } from './tally.js';

const SLOW_PROBE =
  'the probe took so long that no time is left for a look: CI is slow, or the function needs a longer timeout';

/**
 * How long what is handed back in an outage stays away: until the next run of a schedule of minutes, and no shorter, since a queue that calls the
 * function would call it with the same jobs at once. A queue that keeps no delays would take one for a look that was made.
 */
const OUTAGE_PAUSE = seconds(30);

const CUT_OFF = 'the service had not answered when the time for this run was over';

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
  // Stryker disable next-line BooleanLiteral: nothing is settled before the first lease, which sets it.
  #isLeasing = false;

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
  }

  async go(): Promise<RunReport> {
    const { concurrency, client } = this.#policy;
    const ended = new AbortController();
    this.#stopWork(ended.signal);
    try {
      if (this.#policy.withoutProbe !== true) await this.#probe();
      // Neither the leases nor their handling ever throw: what goes wrong is remembered, and the rest is settled first.
      await pMap(this.#leases(), (lease) => this.#handle(lease), {
        concurrency: looksAtATime(concurrency, client),
      });
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

  async *#leases(): AsyncGenerator<Lease> {
    for (;;) {
      await this.#settler.flush();
      const room = this.#policy.maxLeases - this.#tally.leased;
      if (this.#signal.aborted) this.#stop(this.#outOfTime.signal.aborted ? 'out-of-time' : 'aborted');
      else if (this.#outage !== undefined)
        this.#stop(this.#outage.disposition === 'throttled' ? 'throttled' : 'service-down');
      else if (room <= 0) this.#stop('lease-limit');
      else if (!mayStart(this.#deps.clock.now(), this.#limits.deadline, this.#budget))
        this.#stop('out-of-time');
      // Told as a failure: a run that never gets to a lease would pass for one that found nothing due, tick after tick.
      if (this.#stopped === 'out-of-time' && this.#tally.leased === 0)
        this.#fail(
          'service-unusable',
          'no job was leased',
          new DocjobError('out-of-time', SLOW_PROBE, { disposition: 'transient' }),
        );
      if (this.#stopped !== undefined) return;

      const leases = await this.#lease(room);
      if (leases.length === 0) {
        this.#stop('queue-empty');
        return;
      }
      this.#tally.lease(leases);
      this.#checkLength(leases);
      yield* leases;
    }
  }

  async #lease(room: number): Promise<readonly Lease[]> {
    this.#isLeasing = true;
    // What ended during the flush before this: nobody else would send it.
    const flushed = this.#settler.flush();
    try {
      return await this.#deps.queue.lease({
        max: room,
        holdUntil: this.#limits.deadline,
        wait: this.#policy.queueWait,
        signal: this.#signal,
      });
    } catch (error) {
      if (this.#signal.aborted) this.#stop(this.#outOfTime.signal.aborted ? 'out-of-time' : 'aborted');
      else this.#fail('queue-unusable', 'the queue cannot be asked for jobs', error);
      return [];
    } finally {
      await flushed;
      this.#isLeasing = false;
    }
  }

  /** Fails when no lease holds a look: handed back they would come round again, in this run and in every other, and nobody be looked at. */
  #checkLength(leases: readonly Lease[]): void {
    const longest = epochMs(Math.max(...leases.map(({ until }) => until)));
    const problem = leaseProblem(this.#deps.clock.now(), longest, this.#limits.deadline, this.#budget);
    if (problem !== undefined) this.#fail('queue-unusable', problem, undefined);
  }

  async #handle(lease: Lease): Promise<void> {
    if (lease.kind === 'not-a-job') {
      await this.#settle(lease, { kind: 'dead-letter', reason: 'not-a-job', detail: lease.problem });
      return;
    }
    const result = await this.#look(lease);
    if (result === undefined) await this.#handBack(lease);
    else await this.#settle(lease, result.outcome, result.finished);
  }

  /** Looks at a job if there is still time and reason to; undefined when the lease should go back as it came. */
  async #look(lease: JobLease): Promise<LookResult | undefined> {
    if (
      this.#isOver() ||
      this.#outage !== undefined ||
      !mayStart(this.#deps.clock.now(), lease.until, this.#budget)
    )
      return undefined;
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
    await this.#flushWhileWaiting();
  }

  async #handBack(lease: Lease): Promise<void> {
    const { exactDelays } = this.#deps.queue.capabilities;
    const delay = exactDelays && this.#outage !== undefined ? OUTAGE_PAUSE : millis(0);
    const outcome: Outcome = { kind: 'look-again', delay };
    await this.#settler.add({ lease, outcome }, (result) => this.#tally.returned(result));
    await this.#flushWhileWaiting();
  }

  /** What ends while the queue is being waited on is acknowledged at once: it must not wait for a long poll. */
  async #flushWhileWaiting(): Promise<void> {
    if (this.#isLeasing) await this.#settler.flush();
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
