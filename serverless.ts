import type { AWS } from '@serverless/typescript';
import { alarms } from './deploy/aws/alarms.js';
import { dashboard } from './deploy/aws/dashboard.js';
import { awsFunctions } from './deploy/aws/functions.js';
import { queues } from './deploy/aws/queues.js';
import { roles } from './deploy/aws/roles.js';
import { schedules } from './deploy/aws/schedule.js';
import { deployedToAws, functionEnvironment, outputs } from './deploy/aws/service.js';
import type { AwsSettings } from './deploy/aws/settings.js';
import { FUNCTIONS } from './deploy/functions.js';
import { SERVICE } from './deploy/service-name.js';
import { readSettings, type Settings } from './deploy/settings.js';
import { tencentFunctions } from './deploy/tencent/functions.js';
import type { TencentService } from './deploy/tencent/service.js';
import type { TencentSettings } from './deploy/tencent/settings.js';
import { poll } from './functions/poll/function.js';

/** The deployment to AWS: docs/deploy-aws.md. */
function aws(settings: AwsSettings): AWS {
  const functions = deployedToAws(settings, FUNCTIONS);
  return {
    service: SERVICE,
    frameworkVersion: '4',
    configValidationMode: 'error',
    plugins: ['./deploy/serverless/plugin.cjs'],
    provider: {
      name: 'aws',
      // Checked by its form; which there are is the framework's to know.
      region: settings.region as NonNullable<AWS['provider']['region']>,
      stage: settings.stage,
      runtime: settings.runtime,
      architecture: 'arm64',
      logRetentionInDays: settings.logRetentionDays,
      // Nothing calls an old version, and each would stay for ever.
      versionFunctions: false,
      environment: functionEnvironment(settings),
    },
    functions: awsFunctions(settings, functions),
    resources: {
      Resources: {
        ...queues(settings, poll),
        ...roles(settings, functions),
        ...schedules(settings, functions),
        ...alarms(settings, functions),
        ...dashboard(settings, functions),
      },
      Outputs: outputs(functions),
    },
  };
}

/** The deployment to Tencent Cloud: docs/deploy-tencent.md. */
function tencent(settings: TencentSettings): TencentService {
  const { stage, region, runtime, variables, vpc, logs, alarmNoticeIds } = settings;
  return {
    service: SERVICE,
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
      alarmNoticeIds,
    },
    functions: tencentFunctions(settings, FUNCTIONS),
  };
}

/** The deployment to the cloud that `CLOUD` names. */
function deployment(settings: Settings): AWS | TencentService {
  switch (settings.cloud) {
    case 'aws':
      return aws(settings);
    case 'tencent':
      return tencent(settings);
  }
}

export default deployment(readSettings(process.env));
