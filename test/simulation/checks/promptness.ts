import type { Scenario } from '../scenario.js';
import { isHidden } from '../world/list-plan.js';
import type { QueueWorld } from '../world/queue-world.js';
import { CALM_RUN_MS } from '../world/staleness.js';
import type { TrueJob } from '../world/true-job.js';
import type { Violations } from './violations.js';

/** A receive that is not answered is sent again, for as long a lease: three attempts, each of a second beside the wait that was asked for (`lib/queue/attempts.ts`). */
const ATTEMPTS = 3;
const ATTEMPT_MS = 1_000;

/** What can be waited in between, each time for a throttled call: 500 ms and twice that. */
const WAITS_MS = 1_500;

/** Promises 3 and 4, and the jitter that keeps jobs apart. */
export class Promptness {
  readonly #scenario: Scenario;
  readonly #violations: Violations;
  readonly #stored = new Set<string>();
  readonly #acceptedAt = new Map<string, number>();
  #queue: QueueWorld | undefined;
  #atBound = 0;
  #isRedriven = false;
  /** The longest that a manifest came after the end of its job, over all jobs that ended ordinarily. */
  worstStalenessMs = 0;

  constructor(scenario: Scenario, violations: Violations) {
    this.#scenario = scenario;
    this.#violations = violations;
  }

  attach(queue: QueueWorld): void {
    this.#queue = queue;
  }

  onAccepted(subject: string, visibleAt: number): void {
    if (!this.#acceptedAt.has(subject)) this.#acceptedAt.set(subject, visibleAt);
  }

  /** The queue had come to rest, and all its dead letters are sent back. */
  onRedrive(): void {
    this.#isRedriven = true;
  }

  /** Promise 3, where nothing fails exactly by the bound that the queue's world states. */
  onManifest(job: TrueJob, now: number): void {
    if (this.#stored.has(job.jobId)) return;
    this.#stored.add(job.jobId);
    const isOrdinary = ![
      'filling-late',
      'short-for-ever',
      'short-without-end-time',
      'vanishing',
      'source-closed',
      'output-closed',
    ].includes(job.kind);
    // One that was given up and came back by an operator's hand says nothing about the poller.
    if (!isOrdinary || this.#isRedriven) return;
    const acceptedAt = this.#acceptedAt.get(job.jobId) ?? now;
    const from = Math.max(acceptedAt, Math.max(job.endsAt, job.filledAt), job.visibleAt);
    const staleness = now - from;
    // Nor does one that waited while the timer stood still.
    if (this.#scenario.platform.outage === undefined)
      this.worstStalenessMs = Math.max(this.worstStalenessMs, staleness);
    if (this.#scenario.profile !== 'calm') return;
    const ageMs = from - Math.min(job.createdAt, acceptedAt, this.#claimOf(job));
    const usual = this.#queue?.stalenessBound({ subject: job.jobId, from, ageMs }) ?? 0;
    const bound = usual + this.#waitForWord(job, from - acceptedAt);
    if (staleness > bound) {
      this.#violations.add(
        3,
        `the manifest of ${job.jobId} (${job.kind}) came ${staleness} ms after its end, ${bound} ms are promised`,
      );
    }
  }

  /** Nothing may be drawn at the very bound again and again: chance takes something off, at the ceiling too. */
  onDelay(delayMs: number): void {
    const { floor, ceiling } = this.#scenario.policy.decisions.schedule;
    if (delayMs !== floor && delayMs !== ceiling) return;
    this.#atBound += 1;
    if (this.#atBound === 4) this.#violations.add(5, `four delays are exactly ${delayMs} ms: no jitter`);
  }

  /**
   * Promise 4: a lease covers its run and little more, so whatever a killed run held comes back: two seconds of margin and one of rounding, and as long
   * as the queue took to hand it out after it was first asked, since it counts from there.
   */
  onDelivery(subject: string, hiddenUntil: number, runDeadline: number): void {
    const { policy, sqs } = this.#scenario;
    const callMs =
      sqs.faultRate > 0 ? ATTEMPTS * (policy.queueWait + ATTEMPT_MS) + WAITS_MS : policy.queueWait + 100;
    if (hiddenUntil > runDeadline + 3_000 + callMs) {
      this.#violations.add(
        4,
        `${subject} is leased for ${hiddenUntil - runDeadline} ms longer than its run can last`,
      );
    }
  }

  /** Promise 4, the other half: a run that found the queue empty has left nothing behind that was due when it began. */
  onQueueEmpty(runStartedAt: number, earliestDue: number): void {
    if (this.#scenario.profile !== 'storm' && earliestDue < runStartedAt) {
      this.#violations.add(
        4,
        `a run ended with the queue empty, but a job has been due since ${runStartedAt - earliestDue} ms before it began`,
      );
    }
  }

  onCalmRun(durationMs: number): void {
    if (this.#scenario.profile === 'calm' && durationMs > CALM_RUN_MS)
      this.#violations.add(3, `a run took ${durationMs} ms although nothing was amiss`);
  }

  /**
   * A job that lists never show, or not where its submitter's claim says, is heard of when its time in the queue has doubled, and at `firstWord`; a tick
   * later where that falls on a pass.
   */
  #waitForWord({ jobId, createdAt }: TrueJob, waitedMs: number): number {
    const { policy, lists, submissions, platform } = this.#scenario;
    if (policy.sweep === undefined) return 0;
    const isMisplaced = submissions.some(({ subject, body }) => {
      const claim = /"createdAt":(-?\d+)/.exec(body)?.[1];
      return subject === jobId && claim !== undefined && Number(claim) !== createdAt;
    });
    if (!isMisplaced && !isHidden(lists, jobId)) return 0;
    return Math.max(policy.sweep.firstWord, waitedMs) + platform.tickMs;
  }

  /** A claim makes a job older for its delays, as the submitter wished; while CI does not know it, only this counts. */
  #claimOf({ jobId, kind }: TrueJob): number {
    if (kind !== 'lagging') return Number.POSITIVE_INFINITY;
    const claims = this.#scenario.submissions
      .filter(({ subject }) => subject === jobId)
      .map(({ body }) => /"createdAt":(-?\d+)/.exec(body)?.[1])
      .map((claim) => (claim === undefined ? Number.POSITIVE_INFINITY : Number(claim)));
    return Math.min(...claims);
  }
}
