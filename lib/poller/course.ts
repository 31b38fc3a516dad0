import type { DocjobError } from '../domain/docjob-error.js';
import type { StopReason } from './report.js';
import type { Failure, RunErrorCode } from './run-error.js';

/** How a run is going: whether it goes on, and what it ends for. The first reason to stop is the one that is told, save that a failure outranks it. */
export class Course {
  /** Aborted when the work's time is over, or when the run was asked to stop. */
  readonly signal: AbortSignal;
  readonly #outOfTime = new AbortController();
  #stopped: StopReason | undefined;
  #failure: Failure | undefined;

  /** @param signal asks the run to stop early */
  constructor(signal: AbortSignal | undefined) {
    const own = this.#outOfTime.signal;
    this.signal = signal === undefined ? own : AbortSignal.any([own, signal]);
  }

  /** Why no more leases are taken; undefined while they are. */
  get stopped(): StopReason | undefined {
    return this.#stopped;
  }

  /** The first thing that made the run fail. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Whether nothing more is to be looked at. */
  isOver(): boolean {
    return this.#failure !== undefined || this.signal.aborted;
  }

  /** Aborts what is in flight, since the work's time is over. */
  timeIsUp(reason: DocjobError): void {
    this.#outOfTime.abort(reason);
  }

  /** Stops the taking of leases. */
  stop(reason: StopReason): void {
    this.#stopped ??= reason;
  }

  /** Stops the taking of leases after the signal was aborted. */
  stopAborted(): void {
    this.stop(this.#outOfTime.signal.aborted ? 'out-of-time' : 'aborted');
  }

  /** Stops the run, which throws when all is settled. */
  fail(code: RunErrorCode, what: string, cause: unknown): void {
    this.#failure ??= { code, what, cause };
    this.#stopped = 'failed';
  }
}
