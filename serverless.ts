import type { AWS } from '@serverless/typescript';

/** The deployment to AWS. */
const aws: AWS = {
  service: 'docjob',
  frameworkVersion: '4',
  configValidationMode: 'error',
  plugins: ['./deploy/serverless/plugin.cjs'],
  provider: { name: 'aws', runtime: 'nodejs22.x', stage: "${opt:stage, 'dev'}" },
  functions: { poll: { handler: 'index.handler' } },
};

export default aws;
