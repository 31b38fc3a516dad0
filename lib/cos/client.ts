import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import pRetry from 'p-retry';
import type { SigningCredentials } from '../cos-signer/index.js';
import { DocjobError } from '../domain/docjob-error.js';
import type { Clock, RandomSource } from '../domain/effects.js';
import { after, before, between, epochMs, millis, type EpochMs, type Millis } from '../domain/units.js';
import { backoffDelay, type BackoffPolicy } from './backoff.js';
import { credentialsInTime } from './credentials-in-time.js';
import type { CredentialsProvider } from './credentials.js';
import { DeadlineError } from './errors/deadline-error.js';
import { ServiceError } from './errors/service-error.js';
import type { EndpointOverrides } from './hosts.js';
import { HostPressure } from './host-pressure.js';
import { Pace } from './pace.js';
import type { CosRequest, CosRequester, CosResponse, HostFamily } from './requester.js';
import { RetryBudget, type RetryBudgetPolicy } from './retry-budget.js';
import { ServerClock } from './server-clock.js';
import { checkAnswer } from './answer.js';
import { askedOf, signedWireRequest } from './wire.js';
import type { Transport } from './transport.js';

/** How requests are made, the same for every run. */
export interface CosClientPolicy {
  readonly endpoints: EndpointOverrides;
  /** The most time that one attempt gets; less when the run ends sooner. */
  readonly attemptTimeout: Millis;
  /** Attempts after the first. */
  readonly retries: number;
  readonly backoff: BackoffPolicy;
  readonly retryBudget: RetryBudgetPolicy;
  readonly requestsPerSecond: number;
  /** A larger answer is refused. */
  readonly maxBodyBytes: number;
}

/** The effects that a client works through. */
export interface CosClientEffects {
  readonly transport: Transport;
  readonly credentials: CredentialsProvider;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** One run's bounds. */
export interface RunBounds {
  /** No attempt outlives this moment. */
  readonly deadline: EpochMs;
  /** Stops requests and waits at once. */
  readonly signal: AbortSignal;
}

/** What a run asked of the service so far. */
export interface CallCounts {
  /** Attempts put on the wire, by host family; retries included. */
  readonly attempts: Readonly<Record<HostFamily, number>>;
  readonly retries: number;
  /** The correction of our clock that this run made, if it had to. */
  readonly clockOffset: Millis | undefined;
}

/** Less time than this is not worth an attempt: a TLS handshake and a round trip within a region take about this long. */
const LEAST_ATTEMPT: Millis = millis(100);

/** What the attempts of one request remember. */
interface RequestState {
  /** No attempt outlives this moment. */
  readonly deadline: EpochMs;
  readonly host: HostPressure;
  retries: number;
  /** Whether it was signed anew by the service's clock. */
  isClockRepaired: boolean;
  signedWith: SigningCredentials | undefined;
  /** The correction of our clock that the last attempt was signed with. */
  signedAt: Millis | undefined;
  /** What the retry that is being made is for. */
  failure: DocjobError | undefined;
  /** When the last attempt went out; before the first, when the request was made. */
  sentAt: EpochMs;
}

/**
 * Signed requests to COS and CI, retried within the bounds of one run. Made anew for each run: credentials, clock correction, retry budget and
 * pace are the run's own. Every attempt is signed anew.
 */
export class CosClient implements CosRequester {
  readonly #policy: CosClientPolicy;
  readonly #effects: CosClientEffects;
  readonly #bounds: RunBounds;
  readonly #budget: RetryBudget;
  readonly #serverClock: ServerClock;
  readonly #pace: Pace;
  readonly #attempts: Record<HostFamily, number> = { cos: 0, ci: 0 };
  #credentials: Promise<SigningCredentials> | undefined;
  #credentialsRefreshed = false;
  readonly #hosts = new Map<string, HostPressure>();
  #retries = 0;
  #clockOffset: Millis | undefined;

  constructor(policy: CosClientPolicy, effects: CosClientEffects, bounds: RunBounds) {
    this.#policy = policy;
    this.#effects = effects;
    this.#bounds = bounds;
    // Every request listens to it; Node would warn of a leak from the eleventh on.
    setMaxListeners(0, bounds.signal);
    this.#budget = new RetryBudget(policy.retryBudget);
    this.#serverClock = new ServerClock(() => effects.clock.now());
    this.#pace = new Pace(effects.clock, policy.requestsPerSecond);
  }

  /** What this client has asked of the service so far. */
  get counts(): CallCounts {
    return { attempts: { ...this.#attempts }, retries: this.#retries, clockOffset: this.#clockOffset };
  }

  /** The current moment by the service's clock, as far as this run knows it. */
  now(): EpochMs {
    return this.#serverClock.now();
  }

  send<T>(request: CosRequest, decode: (response: CosResponse) => T): Promise<T> {
    return this.#send(request, decode, this.#bounds.deadline);
  }

  /** This client for requests that must end sooner than the run: no attempt outlives `moment`. */
  until(moment: EpochMs): CosRequester {
    const deadline = epochMs(Math.min(moment, this.#bounds.deadline));
    return { send: (request, decode) => this.#send(request, decode, deadline) };
  }

  async #send<T>(request: CosRequest, decode: (response: CosResponse) => T, deadline: EpochMs): Promise<T> {
    const { signal } = this.#bounds;
    this.#budget.earn();
    const state: RequestState = {
      deadline,
      host: this.#hostOf(request),
      retries: 0,
      isClockRepaired: false,
      signedWith: undefined,
      signedAt: undefined,
      failure: undefined,
      sentAt: this.#effects.clock.now(),
    };
    signal.throwIfAborted();
    const attempt = (): Promise<T> => this.#attempt(request, decode, state);
    const first = attempt();
    // Nearly every request succeeds at once, and p-retry makes a good deal for each: it comes in where the first attempt failed, with that as its first.
    return first.catch(() =>
      pRetry((number) => (number === 1 ? first : attempt()), {
        // Two more for the repairs, which are no retries of what failed.
        retries: this.#policy.retries + 2,
        // All waiting is done in the hook: p-retry's own jitter is not full, and it knows no Retry-After.
        minTimeout: 0,
        signal,
        onFailedAttempt: ({ error }) => this.#beforeRetry(request, error, state),
      }),
    );
  }

  /** Waits until the request may be tried again. @throws Error why it may not: what the request failed with. */
  async #beforeRetry(request: CosRequest, error: Error, state: RequestState): Promise<void> {
    // Stryker disable next-line ConditionalExpression: whatever else is thrown has no disposition, so it is thrown on below as well.
    if (!(error instanceof DocjobError)) throw error;
    // A retry for which no time was left changes nothing: the request failed as it had failed before.
    if (error instanceof DeadlineError) throw state.failure ?? error;
    this.#noteRefusal(error, state);
    const wait = (await this.#repairInTime(error, state)) ? millis(0) : this.#retry(request, error, state);
    if (wait === undefined) throw error;
    if (wait > 0) await this.#effects.clock.sleep(wait, this.#bounds.signal);
    this.#retries += 1;
  }

  async #attempt<T>(
    request: CosRequest,
    decode: (response: CosResponse) => T,
    state: RequestState,
  ): Promise<T> {
    const { clock, transport } = this.#effects;
    const { signal } = this.#bounds;
    const { deadline, host } = state;
    const asked = askedOf(request);
    const pair = await this.#turn(host, asked, deadline);
    state.signedWith = pair;
    state.signedAt = this.#clockOffset;
    const remaining = between(clock.now(), deadline);
    if (remaining < LEAST_ATTEMPT) throw new DeadlineError(asked);

    this.#attempts[request.family] += 1;
    host.started();
    state.sentAt = clock.now();
    const wire = signedWireRequest(request, pair, this.#serverClock.now(), this.#policy.endpoints, asked);
    const answer = await transport.exchange(wire, {
      timeout: millis(Math.min(this.#policy.attemptTimeout, remaining)),
      maxBodyBytes: this.#policy.maxBodyBytes,
      signal,
    });
    const response = checkAnswer(answer, request, wire, clock.now());
    host.taken(state.sentAt);
    return decode(response);
  }

  /**
   * Waits until a request may start, and gives the key pair to sign it with. Each of the waits can make another one necessary: a Retry-After comes
   * while a request waits for its turn, keys are read anew while it waits for either, and those who waited for keys must not start all at once.
   */
  async #turn(host: HostPressure, asked: string, deadline: EpochMs): Promise<SigningCredentials> {
    const { signal } = this.#bounds;
    for (;;) {
      this.#credentials ??= this.#askForCredentials();
      const current = this.#credentials;
      const pair = await current;
      await this.#heedRetryAfter(host, asked, deadline);
      // The host's own line first: who waits there keeps nobody waiting in the line of all.
      const latest = before(deadline, LEAST_ATTEMPT);
      if (!(await host.turn(signal, latest))) throw new DeadlineError(asked);
      const { cutAt } = host;
      if (!(await this.#pace.turn(signal, latest))) throw new DeadlineError(asked);
      const isStillTaken = host.heldUntil === undefined && host.cutAt === cutAt;
      if (current === this.#credentials && isStillTaken) return pair;
    }
  }

  /** Repairs what made the service refuse our signature, each thing once for a request; false where there is nothing to repair. */
  async #repair(error: DocjobError, state: RequestState): Promise<boolean> {
    if (!(error instanceof ServiceError)) return false;
    if (error.disposition === 'skewed') return this.#repairClock(error, state);
    return (error.disposition === 'credentials' || error.isUnexplained) && this.#refreshCredentials(state);
  }

  /** @throws `error` where the time was over before another key came: the refusal is what the request failed with, and is to be told. */
  async #repairInTime(error: DocjobError, state: RequestState): Promise<boolean> {
    try {
      return await this.#repair(error, state);
    } catch (late) {
      throw this.#effects.clock.now() >= this.#bounds.deadline ? error : late;
    }
  }

  /**
   * How long to wait before a retry, which is then paid for; undefined when there should be none. Our own wait, or the host's Retry-After where that is
   * later.
   */
  #retry(request: CosRequest, error: DocjobError, state: RequestState): Millis | undefined {
    if (!mayPass(error) || !mayRepeat(request, error)) return undefined;
    const { clock, random } = this.#effects;
    const { backoff } = this.#policy;
    const now = clock.now();
    const own = backoffDelay(backoff, state.retries + 1, error.disposition === 'throttled', random());
    const restart = epochMs(Math.max(after(now, own), state.host.heldUntil ?? now));
    if (between(restart, state.deadline) < LEAST_ATTEMPT) return undefined;
    if (state.retries >= this.#policy.retries || !this.#budget.spend()) return undefined;
    state.retries += 1;
    state.failure = error;
    return between(now, restart);
  }

  #hostOf({ family, bucket, region }: CosRequest): HostPressure {
    const name = `${family} ${bucket} ${region}`;
    let host = this.#hosts.get(name);
    if (host === undefined) {
      host = new HostPressure(this.#effects.clock, this.#policy.requestsPerSecond);
      this.#hosts.set(name, host);
    }
    return host;
  }

  /** Slows down for a host that asks for it, and notes its Retry-After, up to the ceiling: for all requests to it, whether or not this one is tried again. */
  #noteRefusal(error: DocjobError, state: RequestState): void {
    const { host, sentAt } = state;
    const refusal = error instanceof ServiceError ? error : undefined;
    if (refusal?.disposition === 'throttled') host.slowDown(sentAt);
    if (refusal?.retryAfter === undefined || !mayPass(refusal)) return;
    const clamped = millis(Math.min(refusal.retryAfter, this.#policy.backoff.retryAfterCap));
    host.hold(after(this.#effects.clock.now(), clamped));
  }

  /** Waits until the host takes requests again. @throws DeadlineError when that is too late for this request. */
  async #heedRetryAfter(host: HostPressure, asked: string, deadline: EpochMs): Promise<void> {
    const until = host.heldUntil;
    if (until === undefined) return;
    if (between(until, deadline) < LEAST_ATTEMPT) throw new DeadlineError(asked);
    await this.#effects.clock.sleep(between(this.#effects.clock.now(), until), this.#bounds.signal);
  }

  /**
   * Whether signing anew can help: the clock was corrected since this request was signed, or it was right and only the signature had run out on its
   * way. The second is a retry like any other, and paid for: a service that takes every signature for expired must not be asked twice as often.
   */
  #repairClock(error: ServiceError, state: RequestState): boolean {
    if (error.serverDate === undefined || state.isClockRepaired) return false;
    state.isClockRepaired = true;
    const correction = this.#serverClock.repair(error.serverDate);
    this.#clockOffset ??= correction;
    return state.signedAt !== this.#clockOffset || this.#budget.spend();
  }

  /** Reads the credentials once more in a run, for a key that was refused; false when they are still the refused ones. */
  async #refreshCredentials({ signedWith }: RequestState): Promise<boolean> {
    if (!this.#credentialsRefreshed) {
      this.#credentialsRefreshed = true;
      this.#credentials = this.#askForCredentials(signedWith);
    }
    return !isDeepStrictEqual(await this.#credentials, signedWith);
  }

  #askForCredentials(refused?: SigningCredentials): Promise<SigningCredentials> {
    const { clock, credentials } = this.#effects;
    return credentialsInTime(credentials(refused), { clock, ...this.#bounds });
  }
}

/** Whether the same request may fare better later. */
function mayPass({ disposition }: DocjobError): boolean {
  return disposition === 'transient' || disposition === 'throttled';
}

/**
 * Whether asking again is harmless. GET, HEAD, PUT and DELETE are idempotent (RFC 9110 §9.2.2); a POST creates a job, and is repeated only
 * when the service said that it did not take it.
 */
function mayRepeat(request: CosRequest, error: DocjobError): boolean {
  return request.method !== 'POST' || error.disposition === 'throttled';
}
