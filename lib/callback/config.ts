import { ConfigError } from '../config-error.js';
import { readConfig, type Config } from '../config.js';
import { EnvReader, type Environment } from '../env-reader.js';
import { parseSecrets, type SecretDigest } from './secret.js';

/** What is set for the callback function: all that the poll function has, and the secret in its URL. */
export interface CallbackConfig extends Config {
  readonly secrets: readonly SecretDigest[];
}

/**
 * Reads the configuration of the callback function from the environment.
 *
 * @throws ConfigError listing everything that is wrong, each with what to do about it; the secret is not in it.
 */
export function parseCallbackConfig(env: Environment): CallbackConfig {
  const read = new EnvReader(env);
  const config = readConfig(read);
  const secrets = readSecrets(read);
  if (config !== undefined && secrets !== undefined) return { ...config, secrets };
  throw new ConfigError(read.problems);
}

/** `CALLBACK_SECRET`; undefined with a problem noted, in which it is not quoted. */
export function readSecrets(read: EnvReader): readonly SecretDigest[] | undefined {
  const secrets = parseSecrets(read.text('CALLBACK_SECRET') ?? '');
  if (secrets === undefined) {
    // Not read as other variables are: their problems quote the value.
    read.problem(
      'CALLBACK_SECRET is not set, or is no secret: set it to at least 32 characters of A-Z, a-z, 0-9, _ and -, ' +
        'or to two such with a comma between them while one replaces the other',
    );
  }
  return secrets;
}
