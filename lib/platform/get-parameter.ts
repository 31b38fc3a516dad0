import { readAwsCredentials, type AwsCredentials } from '../aws/credentials.js';
import { signedJsonRequest } from '../aws/json-request.js';
import { V4Signer } from '../aws/sign-v4.js';
import { CredentialsError } from '../cos/errors/credentials-error.js';
import type { WireRequest } from '../cos/transport.js';
import { parseAwsRegion } from '../domain/names.js';
import type { EpochMs } from '../domain/units.js';
import { EnvReader, type Environment } from '../env-reader.js';

/** Where Systems Manager is, and the key that it knows the function by. */
export interface SsmAccess {
  readonly region: string;
  /** Scheme, host and port. */
  readonly origin: string;
  readonly credentials: AwsCredentials;
}

/**
 * Reads from the environment what Lambda sets there (AWS Lambda documentation, "Defined runtime environment variables"), and like the AWS SDK
 * `AWS_ENDPOINT_URL_SSM`, else `AWS_ENDPOINT_URL`, for a service that is elsewhere.
 *
 * @throws CredentialsError listing what is missing; it shows no key.
 */
export function readSsmAccess(env: Environment): SsmAccess {
  const read = new EnvReader(env);
  const region = read.required('AWS_REGION', 'an AWS region such as eu-central-1', parseAwsRegion);
  const credentials = readAwsCredentials(read);
  const endpoint = read.origin('AWS_ENDPOINT_URL_SSM') ?? read.origin('AWS_ENDPOINT_URL');
  if (read.problems.length > 0 || !region || !credentials) {
    throw new CredentialsError(`the Parameter Store cannot be asked: ${read.problems.join('; ')}`);
  }
  return { region, origin: endpoint?.origin ?? regionalOrigin(region), credentials };
}

/** AWS General Reference, "Systems Manager endpoints and quotas"; the regions in China have a domain of their own. */
function regionalOrigin(region: string): string {
  return `https://ssm.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/** The call for a parameter's decrypted value (Systems Manager API Reference, GetParameter), signed for the moment `now`. */
export function signedGetParameter(name: string, access: SsmAccess, now: EpochMs): WireRequest {
  const { region, origin, credentials } = access;
  return signedJsonRequest(
    {
      version: '1.1',
      origin,
      operation: 'AmazonSSM.GetParameter',
      input: { Name: name, WithDecryption: true },
      asked: `GetParameter of ${name} at ${new URL(origin).host}`,
    },
    new V4Signer(credentials, { service: 'ssm', region }),
    now,
  );
}
