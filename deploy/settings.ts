import { ConfigError } from '../lib/config-error.js';
import { EnvReader, type Environment } from '../lib/env-reader.js';
import { readAwsSettings, type AwsSettings } from './aws/settings.js';
import { readTencentSettings, type TencentSettings } from './tencent/settings.js';

/** What is set about every deployment, on either cloud. */
export interface CommonSettings {
  /** `STAGE`: part of every name, so that deployments of one account do not meet. */
  readonly stage: string;
}

/** What is set about a deployment; `cloud` tells which. */
export type Settings = AwsSettings | TencentSettings;

/** Part of names that clouds limit to 60 characters and more, and of keys and paths. */
const STAGE = /^[a-z][a-z0-9-]{0,19}$/;

/**
 * Reads what is set about the deployment from the environment of whoever deploys. The run-time settings of `docs/configuration.md` stand there
 * too, and are checked as the function will check them: a wrong one fails the packaging, not the first run.
 *
 * @throws ConfigError listing everything that is missing or wrong, each with what to do about it.
 */
export function readSettings(env: Environment): Settings {
  const read = new EnvReader(env);
  const cloud = read.required('CLOUD', 'aws or tencent', (text) =>
    text === 'aws' || text === 'tencent' ? text : undefined,
  );
  const stage = read.optional('STAGE', 'up to 20 lower-case letters, digits and hyphens', parseStage);
  const common: CommonSettings = { stage: stage ?? 'dev' };
  const settings = cloud === undefined ? undefined : readCloud(cloud, env, read, common);
  if (settings === undefined || read.problems.length > 0) throw new ConfigError(read.problems);
  return settings;
}

function readCloud(
  cloud: Settings['cloud'],
  env: Environment,
  read: EnvReader,
  common: CommonSettings,
): Settings | undefined {
  switch (cloud) {
    case 'aws':
      return readAwsSettings(env, read, common);
    case 'tencent':
      return readTencentSettings(env, read, common);
  }
}

function parseStage(text: string): string | undefined {
  return STAGE.test(text) ? text : undefined;
}
