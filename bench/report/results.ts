import type { ColdStartResult } from '../cold-start/measure.js';
import type { PressureResult } from '../pressure/measure.js';
import type { ScaleResult } from '../scale/measure.js';
import type { CellResult } from '../throughput/measure.js';

/** Several measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** All that one run of the bench measured. */
export interface Results {
  /** What it ran on: ratios travel, milliseconds do not. */
  readonly machine: {
    readonly node: string;
    readonly system: string;
    readonly processor: string;
    readonly cores: number;
    /** Processes that wanted a core, on average, at the start and at the end (`os.loadavg`, over a minute). */
    readonly load: readonly [before: number, after: number];
  };
  /** The day, in UTC. */
  readonly date: string;
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly throughput: readonly CellResult[];
  readonly coldStarts: readonly ColdStartResult[];
  readonly scale: readonly ScaleResult[];
  /** Null until it is measured. */
  readonly pressure: PressureResult | null;
}
