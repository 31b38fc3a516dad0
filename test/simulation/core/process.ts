import type { Clock } from '../../../lib/domain/effects.js';
import { epochMs } from '../../../lib/domain/units.js';
import type { Happening, Scheduler } from './scheduler.js';

/** How an effect ends for the run that waits for it. The first call counts. */
export interface Ending<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** What a kill needs to be told of. */
export interface ProcessEvents {
  /** An effect was begun after the run had ended. */
  readonly onLateEffect: (what: string) => void;
  readonly onKill: (why: string) => void;
}

/**
 * One run of the function as the platform sees it: all its effects pass through here, so that it can be killed at each of them. From then on
 * nothing that it waits for ever comes, and nothing that it begins takes effect: its code stands still for ever.
 */
export class Process {
  readonly id: number;
  isAlive = true;
  hasEnded = false;
  /** Whether requests that are on their way arrive although their run was killed. */
  requestsOutliveIt = true;
  /** How often an effect was begun or ended so far: each time is a point at which it can be killed. */
  awaitPoints = 0;
  /** It is killed at this await point, counted from 1. */
  killAt = Number.POSITIVE_INFINITY;
  readonly scheduler: Scheduler;
  readonly #events: ProcessEvents;

  constructor(id: number, scheduler: Scheduler, events: ProcessEvents) {
    this.id = id;
    this.scheduler = scheduler;
    this.#events = events;
  }

  kill(why: string): void {
    if (!this.isAlive || this.hasEnded) return;
    this.isAlive = false;
    this.scheduler.trace.add(this.scheduler.now, this, 'kill', why);
    this.#events.onKill(why);
  }

  end(): void {
    this.hasEnded = true;
  }

  /** Begins an effect: a promise that ends when `begin` says so, and never if the run is killed before. */
  effect<T>(what: string, begin: (ending: Ending<T>) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!this.#pass(what)) return;
      let isOpen = true;
      const once =
        <V>(end: (value: V) => void) =>
        (value: V): void => {
          if (!isOpen) return;
          isOpen = false;
          if (this.#pass(what)) end(value);
        };
      begin({ resolve: once(resolve), reject: once(reject) });
    });
  }

  /** Does something at a service after `delayMs`, even if nobody waits for it any more. */
  serve(delayMs: number, what: string, act: () => void): Happening {
    return this.scheduler.schedule(delayMs, 'serve', this, what, act);
  }

  /** Lets the run go on after `delayMs`. */
  wake(delayMs: number, what: string, act: () => void): Happening {
    return this.scheduler.schedule(delayMs, 'wake', this, what, act);
  }

  /** The same for the passing of time. */
  timer(delayMs: number, what: string, act: () => void): Happening {
    return this.scheduler.schedule(delayMs, 'wake', this, what, act, true);
  }

  /** Whether the run is still there at this point. */
  #pass(what: string): boolean {
    if (!this.isAlive) return false;
    if (this.hasEnded) {
      this.#events.onLateEffect(what);
      return false;
    }
    this.awaitPoints += 1;
    if (this.awaitPoints === this.killAt) this.kill(`at await point ${this.awaitPoints}: ${what}`);
    return this.isAlive;
  }
}

/** A run's clock: the true one, wrong by `skewMs`. Timers fire up to a millisecond late, as Node's do. */
export function clockOf(process: Process, skewMs: number, random: () => number): Clock {
  const { scheduler } = process;
  return {
    now: () => epochMs(Math.floor(scheduler.now) + skewMs),
    sleep: (delay, signal) => {
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error); // as timers/promises does, whatever the reason is
      return process.effect('sleep', ({ resolve, reject }) => {
        // Node cuts a timer to whole milliseconds, at least one.
        const length = Math.max(1, Math.trunc(delay)) + (random() < 0.2 ? 1 : 0);
        const timer = process.timer(length, `slept ${length} ms`, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve(undefined);
        });
        const onAbort = (): void => {
          timer.cancelled = true;
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}
