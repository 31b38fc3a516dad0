import { TransportError } from '../../../lib/cos/errors/transport-error.js';
import type { ExchangeLimits, Transport, WireRequest, WireResponse } from '../../../lib/cos/transport.js';
import type { Dice } from '../core/dice.js';
import type { Ending, Process } from '../core/process.js';
import { distort, faultFor, refusalOf, takesEffect, type ExchangeFault, type FaultPlan } from './faults.js';
import type { CloudServices, Served } from './services.js';

/** What the network carries, for the checks. */
export interface NetworkObserver {
  onExchange(process: Process, request: WireRequest, limits: ExchangeLimits): void;
  /** An exchange is over for the run: by an answer, by an error, or because the run gave it up. */
  onExchangeEnded(process: Process): void;
  /** An answer reaches the run, whole or not. */
  onAnswer(process: Process, request: WireRequest, served: Served, fault: ExchangeFault | undefined): void;
  onNoAnswer(process: Process, request: WireRequest, fault: ExchangeFault | 'too-slow'): void;
}

/** How long a request or an answer is on its way, in milliseconds. */
export interface LatencyPlan {
  readonly from: number;
  readonly to: number;
  /** The share of messages that take up to this many times as long. */
  readonly slowShare: number;
  readonly slowTimes: number;
}

/** Carries requests between the runs and the services, with all that can go wrong on the way. */
export class Network {
  readonly #services: CloudServices;
  readonly #faults: FaultPlan;
  readonly #latency: LatencyPlan;
  readonly #dice: Dice;
  readonly #observer: NetworkObserver;

  constructor(
    services: CloudServices,
    faults: FaultPlan,
    latency: LatencyPlan,
    dice: Dice,
    observer: NetworkObserver,
  ) {
    this.#services = services;
    this.#faults = faults;
    this.#latency = latency;
    this.#dice = dice;
    this.#observer = observer;
  }

  /** The transport of one run. */
  transportOf(process: Process): Transport {
    return {
      exchange: (request, limits) => {
        if (limits.signal.aborted) return Promise.reject(limits.signal.reason as Error); // as the real one does, whatever the reason is
        return process.effect<WireResponse>(request.asked, (ending) => {
          this.#exchange(process, request, limits, ending);
        });
      },
      close: () => undefined,
    };
  }

  #exchange(
    process: Process,
    request: WireRequest,
    limits: ExchangeLimits,
    ending: Ending<WireResponse>,
  ): void {
    this.#observer.onExchange(process, request, limits);
    const { asked } = request;
    const fault = faultFor(this.#faults, request, process.scheduler.now, this.#dice);
    const [there, back] = [this.#onItsWay(), this.#onItsWay()];
    let isOpen = true;
    const end = (finish: () => void): void => {
      if (!isOpen) return;
      isOpen = false;
      limits.signal.removeEventListener('abort', onAbort);
      this.#observer.onExchangeEnded(process);
      finish();
    };
    const onAbort = (): void => end(() => ending.reject(limits.signal.reason));
    limits.signal.addEventListener('abort', onAbort, { once: true });
    const fail = (kind: 'timeout' | 'connection' | 'cut-short', why: ExchangeFault | 'too-slow'): void =>
      end(() => {
        this.#observer.onNoAnswer(process, request, why);
        ending.reject(new TransportError(kind, `${asked} failed: ${kind}`));
      });

    const isLate = fault === 'timeout-before' || fault === 'timeout-after';
    if (isLate || there + back >= limits.timeout) {
      process.timer(limits.timeout, `${asked}: no answer within ${limits.timeout} ms`, () =>
        fail('timeout', isLate ? fault : 'too-slow'),
      );
    }
    if (fault === 'timeout-before') return;
    if (fault === 'reset-before') {
      process.wake(there, `${asked}: reset`, () => fail('connection', fault));
      return;
    }
    process.serve(there, asked, () => {
      const served = this.#serve(process, request, fault);
      if (fault === 'timeout-after') return;
      const { response } = served;
      const said = `${asked}: ${response.status}${fault === undefined ? '' : ` (${fault})`}`;
      process.wake(back, said, () => {
        if (fault === 'reset-after') fail('connection', fault);
        if (fault === 'cut-short') fail('cut-short', fault);
        end(() => {
          const isHarmless = served.isRefused || (fault === 'wrong-job' && served.isAboutItself === true);
          this.#observer.onAnswer(process, request, served, isHarmless ? undefined : fault);
          ending.resolve(response);
        });
      });
    });
  }

  #serve(process: Process, request: WireRequest, fault: ExchangeFault | undefined): Served {
    const { now } = process.scheduler;
    const dice = this.#dice;
    const refused = this.#services.refuse(request, now);
    if (refused !== undefined) return refused;
    if (fault !== undefined && !takesEffect(fault)) {
      const dated = this.#services.headersOf(request, now);
      const response = refusalOf(fault, dated, now, request.method === 'HEAD', dice);
      if (response !== undefined) return { response, view: undefined, isClosed: false, isRefused: false };
    }
    const lagMs = fault === 'stale' ? dice.integer(1_000, 20_000) : 0;
    const served = this.#services.serve(process, request, now, lagMs, fault === 'wrong-job');
    return { ...served, response: distort(served.response, fault, dice) };
  }

  #onItsWay(): number {
    const { from, to, slowShare, slowTimes } = this.#latency;
    const usual = this.#dice.integer(from, to);
    return this.#dice.chance(slowShare) ? usual * this.#dice.integer(2, slowTimes) : usual;
  }
}
