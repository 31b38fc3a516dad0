import { ConfigError } from '../lib/config-error.js';
import { parseConfig, type Config } from '../lib/config.js';
import type { Environment, EnvReader } from '../lib/env-reader.js';

/** What a deployed function will find in its environment, and what it makes of it. */
export interface RunTime {
  readonly config: Config;
  /** The variables to deploy: what is set of those that the function reads, save what the deployment itself gives. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Set on the function by the platform, or for the tools of whoever deploys: never passed on. */
const NEVER_PASSED = 'AWS_';

/**
 * The function's own settings in the environment of whoever deploys, checked as the function will check them. Which variables there are is
 * learnt from that check, so no second list of them can go stale.
 *
 * @param given what the deployment itself will set, with values that stand for the real ones
 * @returns undefined with the problems noted in `read`
 */
export function readRunTime(
  env: Environment,
  given: Readonly<Record<string, string>>,
  read: EnvReader,
): RunTime | undefined {
  for (const name of Object.keys(given)) {
    if (read.text(name) !== undefined)
      read.problem(`${name} is set, but the deployment makes its own: unset it`);
  }
  const asked = new Set<string>();
  const passed = Object.entries(env).filter(([name]) => !name.startsWith(NEVER_PASSED));
  const recording = new Proxy<Environment>(
    { ...Object.fromEntries(passed), ...given },
    {
      get: (all, name: string) => {
        asked.add(name);
        return all[name];
      },
    },
  );
  try {
    const config = parseConfig(recording);
    const variables = Object.fromEntries(
      [...asked].sort().flatMap((name) => {
        const value =
          name.startsWith(NEVER_PASSED) || Object.hasOwn(given, name) ? undefined : read.text(name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
    return { config, variables };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) read.problem(problem);
    return undefined;
  }
}
