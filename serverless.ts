import type { AWS } from '@serverless/typescript';
import { alarms } from './deploy/aws/alarms.js';
import { dashboard } from './deploy/aws/dashboard.js';
import { awsFunctions } from './deploy/aws/functions.js';
import { SERVICE } from './deploy/aws/names.js';
import { queues } from './deploy/aws/queues.js';
import { roles } from './deploy/aws/roles.js';
import { schedules } from './deploy/aws/schedule.js';
import { deployedToAws, functionEnvironment, outputs } from './deploy/aws/service.js';
import type { AwsSettings } from './deploy/aws/settings.js';
import { FUNCTIONS } from './deploy/functions.js';
import { readSettings, type Settings } from './deploy/settings.js';
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

/** The deployment to the cloud that `CLOUD` names. */
function deployment(settings: Settings): AWS {
  switch (settings.cloud) {
    case 'aws':
      return aws(settings);
    case 'tencent':
      throw new Error('CLOUD=tencent is not available yet');
  }
}

export default deployment(readSettings(process.env));
