import type { Clock, RandomSource } from '../lib/domain/effects.js';
import type { Environment } from '../lib/env-reader.js';
import type { Output, TextStream } from './output.js';

/** What the command takes from the machine: the process in `main.ts`, something smaller in tests. */
export interface Machine {
  readonly env: Environment;
  /** What relative file names are relative to. */
  readonly cwd: string;
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean | undefined };
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Aborted by Ctrl-C, with an {@link Interruption}: what is in hand is put back or finished, nothing new is begun. */
  readonly signal: AbortSignal;
}

/** The options that every command has. */
export interface GlobalOptions {
  readonly config?: string;
  readonly profile?: string;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly debug: boolean;
}

/** What a command works with. */
export interface Context extends Machine {
  readonly options: GlobalOptions;
  readonly output: Output;
  /**
   * The settings: the environment, and what the config file adds to it. Read at the first call, for commands that need none.
   *
   * @throws SettingsError
   */
  settings(): Promise<Environment>;
}
