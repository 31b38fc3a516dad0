import { DocjobError } from '../../../lib/domain/docjob-error.js';
import type { ExchangeLimits, WireRequest, WireResponse } from '../../../lib/cos/transport.js';
import type {
  Lease,
  LeaseRequest,
  PendingQueue,
  Settlement,
  SettleResult,
} from '../../../lib/queue/pending-queue.js';
import type { RunReport } from '../../../lib/poller/report.js';
import { SETTLE_TIME } from '../../../lib/poller/budget.js';
import type { Scenario } from '../scenario.js';
import { SECRET_MARK } from '../world/identity.js';
import { PaceRule } from './pace-rule.js';
import type { Violations } from './violations.js';

/** What one run did, and whether that is within promises 5 to 8. */
export class RunWatch {
  readonly #scenario: Scenario;
  readonly #violations: Violations;
  /** True moments. */
  readonly startedAt: number;
  readonly deadline: number;
  readonly #name: string;
  readonly #pace: PaceRule;
  #inFlight = 0;
  /** By host: until when its Retry-After holds. */
  readonly #notBefore = new Map<string, number>();
  #wasHeld = false;
  readonly #asked = new Set<string>();
  readonly #leases = new Map<Lease, 'open' | 'early' | 'settled'>();
  readonly #until = new Map<string, number>();
  /** Log lines by event, for what must be said. */
  readonly #logged = new Map<string, number>();
  readonly #seen = { faults: 0, closed: 0, oddStates: 0, credentials: 0 };
  /** The HEADs that a closed bucket was the last to answer. */
  readonly #closedHeads = new Set<string>();
  /** What else befell it than a closed bucket. */
  #onlyClosed = true;

  constructor(id: number, scenario: Scenario, violations: Violations, startedAt: number) {
    this.#name = `run ${id}`;
    this.#scenario = scenario;
    this.#violations = violations;
    this.#pace = new PaceRule(scenario.policy.client.requestsPerSecond, 1);
    this.startedAt = startedAt;
    this.deadline = startedAt + scenario.platform.timeLimitMs;
  }

  onExchange(request: WireRequest, limits: ExchangeLimits, now: number): void {
    const { policy } = this.#scenario;
    const workUntil = this.deadline - SETTLE_TIME;
    if (now + limits.timeout > workUntil + 1) {
      this.#broken(
        6,
        `${request.asked} was started ${workUntil - now} ms before the end of the work, with ${limits.timeout} ms to take`,
      );
    }
    this.#checkLookFits(request, now, workUntil);
    this.#inFlight += 1;
    if (this.#inFlight > policy.concurrency)
      this.#broken(5, `${this.#inFlight} requests are in flight, ${policy.concurrency} may be`);
    const tooMany = this.#pace.start(now);
    if (tooMany !== undefined) this.#broken(5, tooMany);
    const notBefore = this.#notBefore.get(request.target.host) ?? 0;
    if (now < notBefore - 2) {
      this.#broken(5, `${request.asked} was sent ${notBefore - now} ms before Retry-After allowed it`);
    }
  }

  /** The first describe of a job still has a whole attempt's time, unless the service itself held it back; and its lease holds. */
  #checkLookFits({ asked, method, path }: WireRequest, now: number, workUntil: number): void {
    const jobId = path.split('/').at(-1)?.replace('.json', '') ?? '';
    const until = this.#until.get(jobId);
    if (until !== undefined && now > until)
      this.#broken(6, `${asked} was started ${now - until} ms after its lease had ended`);
    const isFirst = method === 'GET' && !this.#asked.has(jobId);
    this.#asked.add(jobId);
    const { attemptTimeout } = this.#scenario.policy.client;
    if (isFirst && !this.#wasHeld && now > workUntil - attemptTimeout) {
      this.#broken(6, `a look was started (${asked}) ${workUntil - now} ms before the end of the work`);
    }
  }

  onExchangeEnded(): void {
    this.#inFlight -= 1;
  }

  onAnswer(
    request: WireRequest,
    response: WireResponse,
    about: { readonly isFault: boolean; readonly isClosed: boolean; readonly isOdd: boolean },
    now: number,
  ): void {
    const isProbe = request.path.endsWith('/docjobprobe');
    if (about.isOdd) this.#seen.oddStates += 1;
    // A HEAD has no words: it is asked once more with a newer key, and by then the bucket may be open again. So its last answer counts.
    // A list that is refused is told of as one that failed: its jobs are asked about singly, which may be open to us.
    if (request.method === 'HEAD') {
      if (about.isClosed) this.#closedHeads.add(request.path);
      else this.#closedHeads.delete(request.path);
    } else if (about.isClosed && !isProbe && !isList(request)) this.#seen.closed += 1;
    const isCredentials = /<Code>(?:InvalidAuthorization|InvalidAccessKeyId|ExpiredToken)</.test(
      response.body.toString('latin1', 0, 60),
    );
    if (isCredentials) this.#seen.credentials += 1;
    // Keys are read anew, which takes what it takes; a host that asks for less gets its requests in a slower line.
    if (isCredentials || response.status === 429 || response.status === 503) this.#wasHeld = true;
    if (about.isFault) this.#seen.faults += 1;
    if (
      about.isFault ||
      response.status === 401 ||
      (response.status >= 400 && !about.isClosed && response.status !== 404)
    )
      this.#onlyClosed = false;
    const retryAfter = response.headers['retry-after'];
    if (retryAfter === undefined || (response.status !== 429 && response.status !== 503)) return;
    const asked = /^\d+$/.test(retryAfter)
      ? Number(retryAfter) * 1_000
      : Date.parse(retryAfter) - Date.parse(response.headers['date'] ?? '');
    const { host } = request.target;
    const until = now + Math.min(asked, this.#scenario.policy.client.backoff.retryAfterCap);
    this.#notBefore.set(host, Math.max(until, this.#notBefore.get(host) ?? 0));
  }

  onNoAnswer({ path }: WireRequest): void {
    this.#closedHeads.delete(path);
    this.#seen.faults += 1;
    this.#onlyClosed = false;
  }

  onLogLine(line: string): void {
    if (line.includes(SECRET_MARK)) this.#broken(8, `a secret was logged: ${line}`);
    const event = /"event":"([^"]*)"/.exec(line)?.[1] ?? '';
    this.#logged.set(event, (this.#logged.get(event) ?? 0) + 1);
    if (event === 'bucket-held-back' && !line.includes('"requestId":"req-'))
      this.#broken(7, `a closed bucket is logged without a request ID: ${line}`);
  }

  /** The queue as the run sees it, watched. */
  watched(queue: PendingQueue, skewMs: number, onDelay: (delayMs: number) => void): PendingQueue {
    return {
      capabilities: queue.capabilities,
      enqueue: (jobs, delay) => queue.enqueue(jobs, delay),
      close: () => queue.close(),
      lease: async (request: LeaseRequest) => {
        const leases = await queue.lease(request);
        for (const lease of leases) this.#onLease(lease, skewMs);
        return leases;
      },
      settle: async (settlements: readonly Settlement[]) => {
        for (const { lease, outcome } of settlements) {
          if (!['open', 'early'].includes(this.#leases.get(lease) ?? 'none'))
            this.#broken(0, `the lease ${lease.id} was settled twice`);
          this.#leases.set(lease, 'settled');
          if (outcome.kind === 'look-again' && outcome.delay > 0) onDelay(outcome.delay);
        }
        const results: readonly SettleResult[] = await queue.settle(settlements);
        return results;
      },
    };
  }

  #onLease(lease: Lease, skewMs: number): void {
    if (lease.kind === 'job') {
      const { jobId } = lease.job;
      this.#until.set(jobId, lease.until - skewMs);
      // While another copy of the job is in hand, a request about it may be that one's second attempt.
      if (!this.#holds(jobId)) this.#asked.delete(jobId);
    }
    // What is not due need not be settled.
    this.#leases.set(lease, lease.pass?.isDue === false ? 'early' : 'open');
  }

  #holds(jobId: string): boolean {
    for (const [lease, state] of this.#leases)
      if (state === 'open' && lease.kind === 'job' && lease.job.jobId === jobId) return true;
    return false;
  }

  /** The run has ended by itself. `error` is what it threw: a RunError with its report, or none. */
  onEnd(
    report: RunReport | undefined,
    error: { readonly code: string; readonly cause?: unknown } | undefined,
  ): void {
    const open = [...this.#leases.values()].filter((state) => state === 'open').length;
    if (open > 0) this.#broken(6, `${open} leases were not settled when the run ended`);
    if (report === undefined) return;
    const { calls, errors } = report;
    const first = calls.attempts.ci + calls.attempts.cos - calls.retries;
    const { initial, share } = this.#scenario.policy.client.retryBudget;
    // Repairs are none: of those in flight when the clock was corrected, and when the key was read anew.
    const repairs = 2 * this.#scenario.policy.concurrency;
    if (calls.retries > initial + share * first + repairs) {
      this.#broken(5, `${calls.retries} retries for ${first} requests`);
    }
    const counted = Object.values(errors).reduce((sum, count) => sum + count, 0);
    // A run that stops says why; what still comes back to the looks under way is the same again.
    const { concurrency } = this.#scenario.policy;
    const stop = error !== undefined ? concurrency : report.stopped === 'throttled' ? 1 : 0;
    const said = counted + calls.retries + stop;
    if (this.#seen.faults > said)
      this.#broken(7, `${this.#seen.faults} faults reached the run, but it only tells of ${said}`);
    // A run that is out of time may have none left to ask once more, and hands the lease back without a word.
    const closedHeads = report.stopped === 'queue-empty' ? this.#closedHeads.size : 0;
    if (
      this.#seen.closed + closedHeads > 0 &&
      ((errors.configuration ?? 0) === 0 || !this.#logged.has('bucket-held-back'))
    ) {
      this.#broken(7, 'a bucket is closed, and the run does not say so');
    }
    if (this.#seen.oddStates > (this.#logged.get('unknown-state') ?? 0))
      this.#broken(7, 'an unknown state was not logged');
    if (this.#seen.credentials > 0 && error === undefined && calls.retries === 0)
      this.#broken(7, 'our key was refused, and the run does not say so');
    // A probe that was only slow has nothing to do with a closed bucket.
    const wasSlow = error?.cause instanceof DocjobError && error.cause.code === 'out-of-time';
    if (error?.code === 'service-unusable' && this.#onlyClosed && !wasSlow)
      this.#broken(7, 'one closed bucket stopped the whole run');
    if (this.#logged.get('run-finished') !== 1) this.#broken(7, 'the run did not log its report');
  }

  #broken(promise: 0 | 5 | 6 | 7 | 8, what: string): void {
    this.#violations.add(promise, `${this.#name}: ${what}`);
  }
}

const isList = ({ path }: WireRequest): boolean => path.startsWith('/doc_jobs?');
