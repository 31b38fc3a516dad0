import type { AWS } from '@serverless/typescript';
import { FUNCTIONS } from './deploy/functions.js';
import { tencentFunctions } from './deploy/tencent/functions.js';
import type { TencentService } from './deploy/tencent/service.js';
import { readTencentSettings, type TencentSettings } from './deploy/tencent/settings.js';
import { ConfigError } from './lib/config-error.js';
import { EnvReader } from './lib/env-reader.js';

/** The deployment to AWS. */
const aws: AWS = {
  service: 'docjob',
  frameworkVersion: '4',
  configValidationMode: 'error',
  plugins: ['./deploy/serverless/plugin.cjs'],
  provider: { name: 'aws', runtime: 'nodejs22.x', stage: "${opt:stage, 'dev'}" },
  functions: { poll: { handler: 'index.handler' } },
};

/** The deployment to Tencent Cloud. */
function tencent(settings: TencentSettings): TencentService {
  const { stage, region, runtime, variables, vpc, logs } = settings;
  return {
    service: 'docjob',
    frameworkVersion: '4',
    configValidationMode: 'error',
    plugins: ['./deploy/serverless/plugin.cjs', './deploy/serverless/tencent-plugin.cjs'],
    provider: {
      name: 'tencent',
      stage,
      region,
      runtime,
      environment: variables,
      ...(vpc && { vpc }),
      ...(logs && { logs }),
    },
    functions: tencentFunctions(settings, FUNCTIONS),
  };
}

function tencentSettings(): TencentSettings {
  const read = new EnvReader(process.env);
  const settings = readTencentSettings(process.env, read, { stage: read.text('STAGE') ?? 'dev' });
  if (settings === undefined || read.problems.length > 0) throw new ConfigError(read.problems);
  return settings;
}

export default process.env['CLOUD'] === 'tencent' ? tencent(tencentSettings()) : aws;
