import type { ExchangeLimits, WireRequest } from '../../../lib/cos/transport.js';
import type { Process } from '../core/process.js';
import type { ExchangeFault } from '../world/faults.js';
import type { NetworkObserver } from '../world/network.js';
import type { QueueObserver, RunEffects } from '../world/queue-world.js';
import type { Served } from '../world/services.js';

/** What is left of a run after the queue's last request (lib/queue/bucket.ts). */
const CLOSING_TIME_MS = 1_000;

/** What a run may have in flight to its queue: a settlement's sixteen, and one listing (ADR 1, "What it costs"). */
const MAX_IN_FLIGHT = 17;

/** Watches the requests of the runs to their queue, for promises 5 and 6 as the ADR words them here: unpaced, a bounded number at a time, and ended before the run. */
export class QueueTraffic implements NetworkObserver {
  readonly #observer: QueueObserver;
  readonly #runs = new Map<Process, Pick<RunEffects, 'clock' | 'deadline'> & { inFlight: number }>();

  constructor(observer: QueueObserver) {
    this.#observer = observer;
  }

  begin(process: Process, { clock, deadline }: RunEffects): void {
    for (const old of this.#runs.keys()) if (!old.isAlive || old.hasEnded) this.#runs.delete(old);
    this.#runs.set(process, { clock, deadline, inFlight: 0 });
  }

  onExchange(process: Process, { asked }: WireRequest, { timeout }: ExchangeLimits): void {
    const run = this.#runs.get(process);
    if (run === undefined) return;
    run.inFlight += 1;
    if (run.inFlight > MAX_IN_FLIGHT)
      this.#observer.onBroken(5, `run ${process.id} has ${run.inFlight} requests to its queue in flight`);
    const tooLong = run.clock.now() + timeout - (run.deadline - CLOSING_TIME_MS);
    if (tooLong > 1)
      this.#observer.onBroken(6, `run ${process.id}: ${asked} may end ${tooLong} ms after the last moment`);
  }

  onExchangeEnded(process: Process): void {
    const run = this.#runs.get(process);
    if (run !== undefined) run.inFlight -= 1;
  }

  onAnswer(
    _process: Process,
    _request: WireRequest,
    _served: Served,
    fault: ExchangeFault | undefined,
  ): void {
    if (fault !== undefined) this.#observer.onFault(`queue-${fault}`);
  }

  onNoAnswer(_process: Process, _request: WireRequest, fault: ExchangeFault | 'too-slow'): void {
    this.#observer.onFault(`queue-${fault}`);
  }
}
