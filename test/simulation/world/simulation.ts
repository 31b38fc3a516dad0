import { START } from '../../support/virtual-clock.js';
import { DocjobError } from '../../../lib/domain/docjob-error.js';
import { after, epochMs, millis } from '../../../lib/domain/units.js';
import { RunError } from '../../../lib/poller/run-error.js';
import { run } from '../../../lib/poller/run.js';
import type { RunReport } from '../../../lib/poller/report.js';
import { jsonLog } from '../../../lib/telemetry/log.js';
import { Dice } from '../core/dice.js';
import { clockOf, Process } from '../core/process.js';
import { AgendaByTime, Scheduler, type Agenda } from '../core/scheduler.js';
import { Trace } from '../core/trace.js';
import { Observer } from '../checks/observer.js';
import type { Violation } from '../checks/violations.js';
import type { Scenario } from '../scenario.js';
import { SimulatedCi } from './ci.js';
import { SimulatedCos } from './cos.js';
import { SimulatedIdentity } from './identity.js';
import { Network } from './network.js';
import type { QueueObserver, QueueWorld } from './queue-world.js';
import { CloudServices } from './services.js';

/** Makes the queue of one simulation. */
export type OpenQueueWorld = (parts: {
  readonly scheduler: Scheduler;
  readonly scenario: Scenario;
  readonly dice: Dice;
  readonly observer: QueueObserver;
  readonly latency: () => number;
  readonly cos: SimulatedCos;
  readonly ci: SimulatedCi;
  readonly identity: SimulatedIdentity;
}) => QueueWorld;

/** What came of a simulation. */
export interface SimulationResult {
  readonly violations: readonly Violation[];
  readonly jobs: number;
  readonly runs: number;
  readonly kills: number;
  readonly steps: number;
  readonly virtualMs: number;
  readonly worstStalenessMs: number;
  /** What befell the runs, by kind. */
  readonly faults: ReadonlyMap<string, number>;
  /** What the queue's world has to report, each the most there ever was of it. */
  readonly figures: Readonly<Record<string, number>>;
  /** Await points of the first run. */
  readonly firstRunAwaitPoints: number;
  readonly trace: readonly string[];
}

/** What can be set from outside a scenario: for exhaustive tests. */
export interface SimulationOptions {
  readonly openQueue: OpenQueueWorld;
  readonly isTraced?: boolean;
  readonly agenda?: Agenda;
  /** Kills the first run at this await point. */
  readonly killFirstRunAt?: number;
  readonly requestsOutliveKill?: boolean;
}

/** More than any seed needs: a world that does not come to rest within it never will. */
const MAX_STEPS = 400_000;

/** Runs one scenario to its end: until the queue is empty, no run is at work, and nothing more will be submitted. */
export async function simulate(scenario: Scenario, options: SimulationOptions): Promise<SimulationResult> {
  return new Simulation(scenario, options).go();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #options: SimulationOptions;
  readonly #scheduler: Scheduler;
  readonly #dice: Dice;
  readonly #identity: SimulatedIdentity;
  readonly #network: Network;
  readonly #queue: QueueWorld;
  readonly #observer: Observer;
  readonly #processes = new Set<Process>();
  #first: Process | undefined;
  #runs = 0;
  #toSubmit: number;
  #isRedriven = false;

  constructor(scenario: Scenario, options: SimulationOptions) {
    const dice = new Dice(scenario.seed);
    this.#scenario = scenario;
    this.#options = options;
    this.#dice = dice.fork('platform');
    this.#scheduler = new Scheduler(
      options.agenda ?? new AgendaByTime(),
      dice.fork('ties').random,
      new Trace(options.isTraced ?? false, START),
    );
    const lag = dice.fork('listing');
    const clocks = dice.fork('service clocks');
    const { listingLagMs, pageSize, clockErrorMs } = scenario.cos;
    const cos = new SimulatedCos({
      listingLag: () => (listingLagMs === 0 ? 0 : lag.integer(0, listingLagMs)),
      pageSize,
      clockError: () => (clockErrorMs === 0 ? 0 : clocks.integer(-clockErrorMs, clockErrorMs)),
    });
    const jobs = new Map(scenario.jobs.map((job) => [job.jobId, job]));
    this.#identity = new SimulatedIdentity(scenario.identity, START);
    this.#observer = new Observer(scenario, this.#scheduler);
    const parts = { ci: new SimulatedCi(jobs), cos, identity: this.#identity };
    const services = new CloudServices(parts, scenario.buckets, scenario.closures, this.#observer, {
      plan: scenario.lists,
      dice: dice.fork('lists'),
    });
    this.#network = new Network(
      services,
      scenario.faults,
      scenario.latency,
      dice.fork('network'),
      this.#observer,
    );
    const onItsWay = dice.fork('queue latency');
    this.#queue = options.openQueue({
      scheduler: this.#scheduler,
      scenario,
      dice: dice.fork('queue'),
      observer: this.#observer,
      latency: () => onItsWay.integer(2, 25),
      ...parts,
    });
    this.#observer.attach(this.#queue, cos, jobs);
    this.#toSubmit = scenario.submissions.length;
  }

  async go(): Promise<SimulationResult> {
    for (const submission of this.#scenario.submissions) {
      this.#scheduler.schedule(submission.at - START, 'serve', undefined, `submit ${submission.body}`, () => {
        this.#toSubmit -= 1;
        this.#queue.submit(submission.subject, submission.body, submission.delayMs);
        this.#observer.onAccepted(submission);
      });
    }
    this.#tickAfter(this.#dice.integer(0, this.#scenario.platform.tickMs));
    await this.#scheduler.run(() => this.#afterStep());
    const isQuiet = this.#isQuiet();
    this.#observer.atTheEnd(isQuiet);
    return {
      violations: this.#observer.violations.all,
      jobs: this.#scenario.submissions.length,
      runs: this.#runs,
      kills: this.#observer.kills,
      steps: this.#scheduler.steps,
      virtualMs: this.#scheduler.now - START,
      worstStalenessMs: this.#observer.worstStalenessMs,
      faults: this.#observer.faults,
      figures: this.#queue.figures?.() ?? {},
      firstRunAwaitPoints: this.#first?.awaitPoints ?? 0,
      trace: this.#scheduler.trace.lines,
    };
  }

  /** Whether to go on. */
  #afterStep(): boolean {
    this.#observer.afterStep();
    return !this.#observer.violations.any && this.#scheduler.steps < MAX_STEPS;
  }

  #isQuiet(): boolean {
    return (
      this.#toSubmit === 0 &&
      this.#processes.size === 0 &&
      this.#queue.earliestDue() === Number.POSITIVE_INFINITY
    );
  }

  #tickAfter(delayMs: number): void {
    this.#scheduler.schedule(delayMs, 'wake', undefined, 'tick', () => this.#tick());
  }

  #tick(): void {
    const { platform, isRedriven } = this.#scenario;
    if (this.#isQuiet()) {
      if (!isRedriven || this.#isRedriven) return;
      this.#isRedriven = true;
      this.#redrive();
      return;
    }
    const { now } = this.#scheduler;
    if (this.#dice.chance(platform.missShare)) this.#observer.onFault('missed-tick');
    else if (platform.outage !== undefined && now >= platform.outage.from && now < platform.outage.to)
      this.#observer.onFault('outage');
    else {
      // Schedules fire at least once.
      const times = this.#dice.chance(platform.doubleShare) ? 2 : 1;
      for (let n = 0; n < times && this.#processes.size < platform.maxRuns; n += 1) this.#start();
    }
    this.#tickAfter(this.#nextTick());
  }

  /** A tick at which nothing is due would find an empty queue: most of them are left out, to get on. */
  #nextTick(): number {
    const { tickMs } = this.#scenario.platform;
    if (this.#toSubmit > 0 || this.#dice.chance(0.03)) return tickMs;
    const idleMs = this.#queue.earliestDue() - this.#scheduler.now;
    return Number.isFinite(idleMs) && idleMs > tickMs ? Math.ceil(idleMs / tickMs) * tickMs : tickMs;
  }

  /** Long after everything was given up, when what was closed is open again. */
  #redrive(): void {
    const opened = Math.max(...this.#scenario.closures.map(({ to }) => to));
    this.#scheduler.schedule(
      Math.max(0, opened - this.#scheduler.now) + 60_000,
      'wake',
      undefined,
      'redrive',
      () => {
        this.#observer.onRedrive();
        this.#queue.redrive();
        this.#tickAfter(0);
      },
    );
  }

  #start(): void {
    this.#runs += 1;
    const { platform } = this.#scenario;
    const process = new Process(this.#runs, this.#scheduler, {
      onLateEffect: (what) => this.#observer.onLateEffect(process, what),
      onKill: (why) => {
        this.#processes.delete(process);
        this.#observer.onKill(process, why);
      },
    });
    this.#processes.add(process);
    this.#observer.onStart(process);
    this.#planKill(process);
    const limit = process.timer(platform.timeLimitMs, 'the time limit', () =>
      process.kill('by the time limit'),
    );
    this.#call(process)
      .then(
        (report) => this.#ended(process, report, undefined),
        (error: unknown) => this.#ended(process, error instanceof RunError ? error.report : undefined, error),
      )
      .finally(() => {
        limit.cancelled = true;
      });
  }

  #planKill(process: Process): void {
    const { killFirstRunAt, requestsOutliveKill } = this.#options;
    if (this.#first === undefined) {
      this.#first = process;
      if (killFirstRunAt !== undefined) process.killAt = killFirstRunAt;
      if (requestsOutliveKill !== undefined) process.requestsOutliveIt = requestsOutliveKill;
    }
    const { killShare } = this.#scenario.platform;
    if (killShare > 0 && this.#dice.chance(killShare)) {
      process.killAt = this.#dice.integer(1, 80);
      process.requestsOutliveIt = this.#dice.chance(0.7);
    }
  }

  /** What lib/poll.ts does for a timer. */
  async #call(process: Process): Promise<RunReport> {
    const { policy, platform } = this.#scenario;
    const clock = clockOf(process, platform.skewMs, this.#dice.random);
    const deadline = after(clock.now(), millis(platform.timeLimitMs));
    const atStart = this.#identity.keyAt(this.#scheduler.now);
    let fetched = 0;
    const credentials = () => {
      fetched += 1;
      // The environment of a function holds the key of its start; asked again, whoever hands out keys says the newest.
      if (fetched === 1) return atStart;
      return process.effect<typeof atStart>('credentials', ({ resolve }) => {
        const length = this.#dice.chance(0.2) ? this.#dice.integer(500, 3_000) : this.#dice.integer(1, 80);
        process.wake(length, 'credentials', () => {
          // A run that is over does not wait for what its queue asked for.
          if (!process.hasEnded) resolve(this.#identity.keyAt(this.#scheduler.now));
        });
      });
    };
    const watch = this.#observer.watchOf(process);
    const effects = {
      transport: this.#network.transportOf(process),
      credentials,
      clock,
      random: this.#dice.random,
    };
    const write = (line: string): void => {
      watch.onLogLine(line);
      const bucket = failingBucket(line);
      if (bucket !== undefined) this.#queue.onOutage?.(process, bucket);
    };
    const log = jsonLog({ level: 'info', now: () => clock.now(), write });
    const adapter = await this.#queue.open(process, { ...effects, log, deadline: epochMs(deadline) });
    const notices = this.#queue.openNotices?.(process, { ...effects, log, deadline: epochMs(deadline) });
    const queue = watch.watched(adapter, platform.skewMs, (delay) => this.#observer.onDelay(delay));
    try {
      return await run(policy, { ...effects, queue, notices, log }, { deadline });
    } finally {
      await queue.close();
    }
  }

  #ended(process: Process, report: RunReport | undefined, error: unknown): void {
    // Killed at its last await point: its code came to an end, and nobody heard of it.
    if (!process.isAlive) return;
    process.end();
    this.#processes.delete(process);
    const known = error instanceof DocjobError ? error : undefined;
    if (error !== undefined && known === undefined) this.#observer.onUnexpected(process, error);
    this.#observer.onEnd(process, report, known);
  }
}

/** The bucket that a log line says CI fails for. */
function failingBucket(line: string): string | undefined {
  if (!line.includes('"service-down"') || !line.includes('"operation":"describe"')) return undefined;
  return /"bucket":"([^"]+)"/.exec(line)?.[1];
}
