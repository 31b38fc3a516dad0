import type { DocjobError } from '../../../lib/domain/docjob-error.js';
import type { RunReport } from '../../../lib/poller/report.js';
import type { ExchangeLimits, WireRequest } from '../../../lib/cos/transport.js';
import type { Process } from '../core/process.js';
import type { Scheduler } from '../core/scheduler.js';
import type { Scenario } from '../scenario.js';
import type { SimulatedCos, StoredObject } from '../world/cos.js';
import type { ExchangeFault } from '../world/faults.js';
import type { Submission } from '../world/job-plan.js';
import type { NetworkObserver } from '../world/network.js';
import type { BurialReason, ListedWindow, QueueObserver, QueueWorld } from '../world/queue-world.js';
import type { Served, ServiceObserver } from '../world/services.js';
import type { TrueJob } from '../world/true-job.js';
import { Custody } from './custody.js';
import { Manifests, type Place } from './manifests.js';
import { PaceRule } from './pace-rule.js';
import { Promptness } from './promptness.js';
import { RunWatch } from './run-watch.js';
import { Violations, type PromiseNumber } from './violations.js';

/** States that the documentation knows. */
const KNOWN_STATES: ReadonlySet<string> = new Set([
  'Submitted',
  'Running',
  'Success',
  'Failed',
  'Pause',
  'Cancel',
]);

/** Whether the answer is not the whole one. One about another job has no view at all; where there is no other job, it is about the right one. */
const isBroken = (fault: ExchangeFault | undefined): boolean =>
  fault !== undefined && fault !== 'stale' && fault !== 'wrong-job';

/** What satisfies the probe, which only asks whether anybody answers to our key. */
function isGoodEnough(fault: ExchangeFault, { path }: WireRequest): boolean {
  return path.endsWith('/docjobprobe') && (fault === 'wrong-job' || fault === 'html-404');
}

/** What a request asks a list for; undefined for any other. */
function listedBy({ target, path }: WireRequest): ListedWindow | undefined {
  const [place, text] = path.split('?');
  if (place !== '/doc_jobs') return undefined;
  const query = new URLSearchParams(text);
  const time = (name: string): number => Date.parse(query.get(name) ?? '');
  const [bucket = ''] = target.host.split('.');
  return { bucket, from: time('startCreationTime'), to: time('endCreationTime') };
}

/** Sees all that happens, counts what befalls the runs, and has it checked against each promise. */
export class Observer implements NetworkObserver, ServiceObserver, QueueObserver {
  readonly violations = new Violations();
  readonly faults = new Map<string, number>();
  kills = 0;
  readonly #scenario: Scenario;
  readonly #scheduler: Scheduler;
  readonly #manifests: Manifests;
  readonly #promptness: Promptness;
  readonly #pace: PaceRule;
  readonly #watches = new Map<Process, RunWatch>();
  #jobs: ReadonlyMap<string, TrueJob> = new Map();
  #custody: Custody | undefined;
  #queue: QueueWorld | undefined;

  constructor(scenario: Scenario, scheduler: Scheduler) {
    this.#scenario = scenario;
    this.#scheduler = scheduler;
    this.#manifests = new Manifests(scenario, this.violations);
    this.#promptness = new Promptness(scenario, this.violations);
    this.#pace = new PaceRule(scenario.policy.client.requestsPerSecond, scenario.platform.maxRuns);
  }

  attach(queue: QueueWorld, cos: SimulatedCos, jobs: ReadonlyMap<string, TrueJob>): void {
    this.#queue = queue;
    this.#jobs = jobs;
    this.#promptness.attach(queue);
    this.#custody = new Custody(this.#scenario, jobs, queue, cos, this.violations);
  }

  get worstStalenessMs(): number {
    return this.#promptness.worstStalenessMs;
  }

  watchOf(process: Process): RunWatch {
    const watch = this.#watches.get(process);
    if (watch === undefined) throw new Error(`run ${process.id} was never started`);
    return watch;
  }

  afterStep(): void {
    this.#custody?.afterStep();
  }

  atTheEnd(isQuiet: boolean): void {
    if (this.violations.any) return;
    if (!isQuiet) this.violations.add(1, 'the world does not come to rest');
    this.#custody?.atTheEnd();
  }

  onAccepted(submission: Submission): void {
    this.#custody?.onAccepted(submission);
    this.#promptness.onAccepted(submission.subject, this.#scheduler.now + submission.delayMs);
  }

  onRedrive(): void {
    this.#promptness.onRedrive();
  }

  onStart(process: Process): void {
    this.#watches.set(
      process,
      new RunWatch(process.id, this.#scenario, this.violations, this.#scheduler.now),
    );
  }

  onKill(process: Process, why: string): void {
    this.kills += 1;
    this.#watches.delete(process);
    if (why !== 'by the time limit') return;
    this.onFault('killed-by-time-limit');
    // Settling has three seconds, and no call outlives them, whatever the queue does.
    this.violations.add(6, `run ${process.id} did not end within its time`);
  }

  onEnd(process: Process, report: RunReport | undefined, error: DocjobError | undefined): void {
    const watch = this.watchOf(process);
    this.#watches.delete(process);
    if (error?.code === 'run-refused') this.violations.add(0, `run ${process.id} was refused`);
    watch.onEnd(report, error);
    if (report?.stopped !== 'queue-empty') return;
    this.#promptness.onQueueEmpty(watch.startedAt, this.#queue?.earliestDue() ?? Number.POSITIVE_INFINITY);
    this.#promptness.onCalmRun(this.#scheduler.now - watch.startedAt);
  }

  onLateEffect(process: Process, what: string): void {
    this.violations.add(0, `run ${process.id} had ended, and still there was ${what}`);
  }

  onUnexpected(process: Process, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.violations.add(0, `run ${process.id} threw what is no error of ours: ${text}`);
  }

  onFault(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  onBroken(promise: PromiseNumber, what: string): void {
    this.violations.add(promise, what);
  }

  onNotice(jobId: string): void {
    this.#custody?.onNotice(jobId);
  }

  onDelay(delayMs: number): void {
    this.#promptness.onDelay(delayMs);
  }

  onExchange(process: Process, request: WireRequest, limits: ExchangeLimits): void {
    this.watchOf(process).onExchange(request, limits, this.#scheduler.now);
    const tooMany = this.#pace.start(this.#scheduler.now);
    if (tooMany !== undefined) this.violations.add(5, `all runs together: ${tooMany}`);
    if (request.path.startsWith('/doc_jobs/')) this.#queue?.onLook?.(request.path.split('/').at(-1) ?? '');
  }

  onExchangeEnded(process: Process): void {
    this.#watches.get(process)?.onExchangeEnded();
  }

  onAnswer(process: Process, request: WireRequest, served: Served, fault: ExchangeFault | undefined): void {
    const { response, view, isClosed } = served;
    if (fault !== undefined) this.onFault(fault);
    if (isClosed) this.onFault('closed-bucket');
    const isWhole = view !== undefined && !isBroken(fault);
    if (isWhole) this.#manifests.onAnswer(process, request.path.split('/').at(-1) ?? '', view);
    const isOdd = isWhole && !KNOWN_STATES.has(view.state);
    const list = listedBy(request);
    if (list !== undefined && response.status === 200) this.#queue?.onListed?.(list);
    // A list is about no job, so it cannot be about the wrong one; and where there is no other job, a describe is about the right one.
    const asked = request.path.split('/').at(-1) ?? '';
    const isMeant = fault !== 'wrong-job' || (list === undefined && !response.body.includes(asked));
    const isFault =
      isMeant && !isWhole && fault !== undefined && fault !== 'stale' && !isGoodEnough(fault, request);
    this.watchOf(process).onAnswer(request, response, { isFault, isClosed, isOdd }, this.#scheduler.now);
  }

  onNoAnswer(process: Process, request: WireRequest, fault: ExchangeFault | 'too-slow'): void {
    this.onFault(fault);
    this.watchOf(process).onNoAnswer(request);
  }

  onPut(process: Process, place: Place, bytes: Buffer, before: StoredObject | undefined): void {
    const { now } = this.#scheduler;
    this.#manifests.onPut(process, place, bytes, before, now);
    const job = this.#jobs.get(/([^/]*)\.json$/.exec(place.key)?.[1] ?? '');
    if (job !== undefined) this.#promptness.onManifest(job, now);
  }

  onHead(process: Process, place: { readonly bucket: string; readonly key: string }): void {
    this.#manifests.onHead(process, place, this.#scheduler.now);
  }

  onStrayRequest(process: Process, request: WireRequest): void {
    this.violations.add(8, `run ${process.id} sent a request to ${request.target.host}`);
  }

  onBurial(subject: string, reason: BurialReason, firstSeenAt: number): void {
    this.#custody?.onBurial(subject, reason, firstSeenAt, this.#scheduler.now);
  }

  onDelivery(process: Process, subject: string, hiddenUntil: number): void {
    const watch = this.#watches.get(process);
    if (watch !== undefined) this.#promptness.onDelivery(subject, hiddenUntil, watch.deadline);
  }
}
