import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, RandomSource } from '../domain/effects.js';
import { epochMs } from '../domain/units.js';

/** Time, chance and output as the machine has them: the one place in lib/ that touches them. */

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => epochMs(Date.now()),
  sleep: async (delay, signal) => {
    try {
      await wait(delay, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node wraps the reason into an AbortError of its own.
      signal?.throwIfAborted();
      throw error;
    }
  },
};

/** Chance enough for jitter; nothing secret hangs on it. */
const systemRandom: RandomSource = Math.random;

/** Everything that a function takes from the machine; log lines go to standard output, where both platforms collect them. */
export const systemEffects = {
  clock: systemClock,
  random: systemRandom,
  writeLine: (line: string): void => {
    process.stdout.write(`${line}\n`);
  },
} as const;
