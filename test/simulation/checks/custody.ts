import { unnoticedSkewMs, type Scenario } from '../scenario.js';
import type { SimulatedCos } from '../world/cos.js';
import type { Submission } from '../world/job-plan.js';
import type { BurialReason, QueueWorld } from '../world/queue-world.js';
import type { TrueJob } from '../world/true-job.js';
import { expectedPlace } from './oracle.js';
import { outcomeOf } from './outcome.js';
import type { Violations } from './violations.js';

/** What was wrong with a dead letter's age is forgiven up to here beside the clock's error: the way there, and a stale copy. */
const AGE_TOLERANCE_MS = 30_000;

/** Promise 1: whatever was accepted is somewhere at every moment, and ends as it should. */
export class Custody {
  readonly #scenario: Scenario;
  readonly #jobs: ReadonlyMap<string, TrueJob>;
  readonly #queue: QueueWorld;
  readonly #cos: SimulatedCos;
  readonly #violations: Violations;
  /** What was accepted and has not ended yet. */
  readonly #open = new Set<string>();
  readonly #accepted = new Set<string>();
  /** Jobs of whose manifest a notice was accepted. */
  readonly #told = new Set<string>();

  constructor(
    scenario: Scenario,
    jobs: ReadonlyMap<string, TrueJob>,
    queue: QueueWorld,
    cos: SimulatedCos,
    violations: Violations,
  ) {
    this.#scenario = scenario;
    this.#jobs = jobs;
    this.#queue = queue;
    this.#cos = cos;
    this.#violations = violations;
  }

  onAccepted({ subject }: Submission): void {
    this.#accepted.add(subject);
    this.#open.add(subject);
  }

  /** Consumers read the manifest on a notice: it must be there. */
  onNotice(jobId: string): void {
    this.#told.add(jobId);
    if (!this.#hasManifest(jobId))
      this.#violations.add(1, `${this.#named(jobId)} was told of before its manifest was there`);
  }

  /** A manifest stays for ever, so it need not be looked for again; all else can still change. */
  afterStep(): void {
    for (const subject of this.#open) {
      if (this.#queue.holds(subject)) continue;
      if (this.#hasManifest(subject)) {
        this.#open.delete(subject);
        if (
          this.#scenario.notices.isOn &&
          !this.#told.has(subject) &&
          this.#queue.burials(subject).length === 0
        )
          this.#violations.add(
            1,
            `${this.#named(subject)} has left the queue, and nobody was told of its manifest`,
          );
      } else if (this.#queue.burials(subject).length === 0) {
        this.#violations.add(
          1,
          `${this.#named(subject)} is lost: neither queued, nor with a manifest, nor a dead letter`,
        );
        this.#open.delete(subject);
      }
    }
  }

  /** A reason that goes by age is given only at that age, counted from when the queue first saw the job, whatever anybody claims. */
  onBurial(subject: string, reason: BurialReason, firstSeenAt: number, now: number): void {
    const { policy } = this.#scenario;
    const least = leastAgeOf(reason, policy.decisions);
    const age = now - firstSeenAt + AGE_TOLERANCE_MS + unnoticedSkewMs(this.#scenario);
    if (age < least) {
      this.#violations.add(
        1,
        `${this.#named(subject)} was given up (${reason}) ${now - firstSeenAt} ms after the queue first saw it`,
      );
    }
  }

  /** When all is quiet: one outcome counts, and it is the right one. */
  atTheEnd(): void {
    for (const subject of this.#accepted) {
      const job = this.#jobs.get(subject);
      const expected = outcomeOf(job, this.#scenario);
      const burials = this.#queue.burials(subject);
      const found = this.#hasManifest(subject) ? 'manifest' : burials[0];
      if (this.#queue.holds(subject))
        this.#violations.add(1, `${this.#named(subject)} is still in the queue when all is quiet`);
      if (found === undefined || !expected.includes(found)) {
        this.#violations.add(
          1,
          `${this.#named(subject)} ended as ${found ?? 'nothing'}, but should have ended as ${expected.join(' or ')}`,
        );
      }
    }
  }

  get open(): number {
    return this.#open.size;
  }

  #hasManifest(subject: string): boolean {
    const job = this.#jobs.get(subject);
    if (job === undefined) return false;
    const { bucket, key } = expectedPlace(job);
    return this.#cos.object(bucket, key) !== undefined;
  }

  #named(subject: string): string {
    const job = this.#jobs.get(subject);
    return job === undefined ? `the message ${subject}` : `the job ${subject} (${job.kind})`;
  }
}

function leastAgeOf(
  reason: BurialReason,
  { maxAge, unknownJobGrace }: Scenario['policy']['decisions'],
): number {
  switch (reason) {
    case 'too-old':
    case 'unknown-state':
    case 'look-failed':
    case 'manifest-failed':
    case 'notice-failed':
      return maxAge;
    case 'unknown-job':
      return unknownJobGrace;
    case 'not-a-job':
    case 'bucket-not-allowed':
    case 'output-not-allowed':
    case 'receive-limit':
      return 0;
  }
}
