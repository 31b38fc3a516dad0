import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { CredentialsError } from '../cos/errors/credentials-error.js';
import { seconds } from '../domain/units.js';

/** One attempt; AWS answers in some ten milliseconds, and a run has other things to do. */
const REQUEST_TIMEOUT = seconds(2);

/** As for every call to AWS. All attempts together take less than ten seconds. */
const ATTEMPTS = 3;

/** How much of AWS's own words a message repeats. */
const MAX_WORDS = 300;

/** What is worth saying beyond the error's name, which says what AWS found. */
const ADVICE: Readonly<Record<string, string>> = {
  ParameterNotFound: 'store it under this name, in the region of the function',
  AccessDeniedException:
    "grant the function's role ssm:GetParameter on it, and for a secret secretsmanager:GetSecretValue",
  InvalidKeyId: 'the key that encrypts it cannot be used',
};

/**
 * Fetches a parameter, decrypted. The region, the endpoint and the credentials for AWS are those that the SDK finds in the environment.
 *
 * @throws CredentialsError naming the parameter, what AWS answered and the request ID, and never the value.
 */
export async function fetchParameter(name: string): Promise<string> {
  // Made anew each time, since it is once in the life of an environment: nothing stays open that Lambda would freeze.
  const client = openClient();
  try {
    const { Parameter, $metadata } = await client.send(
      new GetParameterCommand({ Name: name, WithDecryption: true }),
    );
    if (Parameter?.Value !== undefined) return Parameter.Value;
    throw new CredentialsError(
      `AWS answered without the value of ${name}${idOf($metadata.requestId)}`,
      $metadata.requestId,
    );
  } catch (error) {
    throw error instanceof CredentialsError ? error : fetchError(name, error);
  } finally {
    client.destroy();
  }
}

function openClient(): SSMClient {
  return new SSMClient({
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: REQUEST_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      // Without this the SDK only warns.
      throwOnRequestTimeout: true,
      socketTimeout: REQUEST_TIMEOUT,
    },
  });
}

function fetchError(name: string, error: unknown): CredentialsError {
  // Read with care: the SDK types what it throws as unknown.
  const {
    name: thrown,
    code,
    message,
    $metadata,
  } = error as {
    readonly name?: string;
    readonly code?: string;
    readonly message?: string;
    readonly $metadata?: { readonly requestId?: string };
  };
  const what = (thrown === 'Error' ? code : thrown) ?? 'an unknown error';
  // AWS says which grant is missing. Its other words are left out: those about a signature repeat the session token.
  const words =
    what === 'AccessDeniedException' && message !== undefined ? `: ${message.slice(0, MAX_WORDS)}` : '';
  const advice = ADVICE[what] === undefined ? '' : `; ${ADVICE[what]}`;
  const requestId = $metadata?.requestId;
  return new CredentialsError(
    `reading the Tencent key pair from ${name} failed with ${what}${words}${idOf(requestId)}${advice}`,
    requestId,
  );
}

function idOf(requestId: string | undefined): string {
  return requestId === undefined ? '' : ` (request ID ${requestId})`;
}
