import type { AWS } from '@serverless/typescript';
import { readSettings } from './deploy/settings.js';

const settings = readSettings(process.env);

/** The deployment to AWS. */
const aws: AWS = {
  service: 'docjob',
  frameworkVersion: '4',
  configValidationMode: 'error',
  plugins: ['./deploy/serverless/plugin.cjs'],
  provider: { name: 'aws', runtime: 'nodejs22.x', stage: settings.stage },
  functions: { poll: { handler: 'index.handler' } },
};

export default aws;
