import type { AWS } from '@serverless/typescript';
import { FUNCTIONS } from './deploy/functions.js';
import { tencentFunction } from './deploy/tencent/function.js';
import type { TencentService } from './deploy/tencent/service.js';
import { readTencentSettings } from './deploy/tencent/settings.js';

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
function tencent(): TencentService {
  const { region, runtime, variables, vpc, logs, ...settings } = readTencentSettings(process.env);
  return {
    service: 'docjob',
    frameworkVersion: '4',
    configValidationMode: 'error',
    plugins: ['./deploy/serverless/plugin.cjs', './deploy/serverless/tencent-plugin.cjs'],
    provider: {
      name: 'tencent',
      stage: "${opt:stage, 'dev'}",
      region,
      runtime,
      environment: variables,
      ...(vpc && { vpc }),
      ...(logs && { logs }),
    },
    functions: Object.fromEntries(
      FUNCTIONS.map((definition) => [definition.name, tencentFunction(definition, settings)]),
    ),
  };
}

export default process.env['CLOUD'] === 'tencent' ? tencent() : aws;
