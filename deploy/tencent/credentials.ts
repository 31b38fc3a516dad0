import type { SigningCredentials } from '../../lib/cos-signer/index.js';
import type { Environment } from '../../lib/env-reader.js';
import { DeployError } from './deploy-error.js';

/**
 * The key pair of whoever deploys, as Tencent's own tools name it; of the token they have two names.
 *
 * @throws DeployError naming what is missing, before anything is built or sent.
 */
export function deployerCredentials(env: Environment): SigningCredentials {
  const secretId = env['TENCENTCLOUD_SECRET_ID']?.trim() ?? '';
  const secretKey = env['TENCENTCLOUD_SECRET_KEY']?.trim() ?? '';
  const token = (env['TENCENTCLOUD_TOKEN'] ?? env['TENCENTCLOUD_SESSION_TOKEN'])?.trim() ?? '';
  const missing = [
    ...(secretId === '' ? ['TENCENTCLOUD_SECRET_ID'] : []),
    ...(secretKey === '' ? ['TENCENTCLOUD_SECRET_KEY'] : []),
  ];
  if (missing.length > 0) {
    throw new DeployError(
      'no-credentials',
      `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set: set the key pair of a user with the policy ` +
        '.serverless/policies/deployer.json (and TENCENTCLOUD_TOKEN, if the pair is temporary). Packaging needs none.',
      { disposition: 'credentials' },
    );
  }
  return { secretId, secretKey, ...(token === '' ? {} : { token }) };
}
