import { ConfigError } from '../lib/config-error.js';
import { parseConfig, type Config } from '../lib/config.js';
import type { Environment, EnvReader } from '../lib/env-reader.js';
import { parseSubmitConfig } from '../lib/submit/config.js';
import { FUNCTIONS, sharedOutTo } from './functions.js';

/** What the deployed functions will find in their environment, and what the poll function makes of it. */
export interface RunTime {
  readonly config: Config;
  /** The variables to deploy: what is set, or holds by default, of those that a function reads, save what the deployment itself gives. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Where the functions' variables come from beside the environment of whoever deploys. */
export interface RunTimeRules {
  /** What the deployment itself will set, with values that stand for the real ones. */
  readonly given?: Readonly<Record<string, string>>;
  /** What holds where nothing is set. */
  readonly defaults?: Readonly<Record<string, string>>;
  /** Names that the platform sets, or that are for the tools of whoever deploys: never passed on. */
  readonly neverPassed: RegExp;
}

/** What each function makes of its environment; the callback function's own secret is not among what all of them get. */
const CHECKS: readonly ((env: Environment) => unknown)[] = [parseConfig, parseSubmitConfig];

/**
 * The functions' own settings in the environment of whoever deploys, checked as the functions will check them. Which variables there are is
 * learnt from those checks, so no second list of them can go stale.
 *
 * @returns undefined with the problems noted in `read`
 */
export function readRunTime(
  env: Environment,
  { given = {}, defaults = {}, neverPassed }: RunTimeRules,
  read: EnvReader,
): RunTime | undefined {
  for (const name of Object.keys(given)) {
    if (read.text(name) !== undefined)
      read.problem(`${name} is set, but the deployment makes its own: unset it`);
  }
  const isPassed = (name: string): boolean => !neverPassed.test(name);
  const set = Object.keys(env).flatMap((name): readonly (readonly [string, string])[] => {
    const value = isPassed(name) ? read.text(name) : undefined;
    return value === undefined ? [] : [[name, value]];
  });
  const deployed: Readonly<Record<string, string | undefined>> = { ...defaults, ...Object.fromEntries(set) };
  const asked = new Set<string>();
  const all: Environment = { ...deployed, ...given };
  const recording = new Proxy(all, {
    get: (_, name: string) => {
      asked.add(name);
      return all[name];
    },
  });
  const problems = new Set([
    ...CHECKS.flatMap((check) => problemsOf(check, recording)),
    ...FUNCTIONS.flatMap(({ trigger }) => problemsOf(parseConfig, { ...all, ...sharedOutTo(trigger) })),
  ]);
  for (const problem of problems) read.problem(problem);
  if (problems.size > 0) return undefined;
  const variables = [...asked].sort().flatMap((name): readonly (readonly [string, string])[] => {
    const value = Object.hasOwn(given, name) ? undefined : deployed[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { config: parseConfig(recording), variables: Object.fromEntries(variables) };
}

/** What a check finds wrong with an environment. */
function problemsOf(check: (env: Environment) => unknown, env: Environment): readonly string[] {
  try {
    check(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}
