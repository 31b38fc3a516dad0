import * as v from 'valibot';
import type { SigningCredentials } from '../cos-signer/index.js';
import { credentialsFromEnvironment, type CredentialsProvider } from '../cos/credentials.js';
import { CredentialsError } from '../cos/errors/credentials-error.js';
import { openTransport } from '../cos/transport.js';
import { EnvReader, type Environment } from '../env-reader.js';
import { readStoredCredentials, type StoredCredentials } from './credentials-place.js';
import { systemEffects } from './system.js';

/** Fetches the text that is stored under a name of the Parameter Store, which reads secrets of the Secrets Manager too. */
type FetchParameter = (name: string) => Promise<string>;

/** A part of a key pair: no signature survives white space, such as the newline of a file. */
const part = v.pipe(v.string(), v.nonEmpty(), v.regex(/^\S+$/));

/** What is stored. */
const StoredPair = v.strictObject({ secretId: part, secretKey: part, token: v.optional(part) });

/** Secrets are read under this prefix (Systems Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter Store parameters"). */
const SECRETS = '/aws/reference/secretsmanager/';

/** One provider for each environment: that of the process lives as long as what Lambda keeps warm. */
const providers = new WeakMap<Environment, CredentialsProvider>();

/**
 * The Tencent key pair of a Lambda function: what `TENCENT_CREDENTIALS_PARAMETER` or `TENCENT_CREDENTIALS_SECRET` names, fetched once for the
 * environment and again when the service has refused it; or the pair in the environment, where neither is set.
 */
export function lambdaCredentials(env: Environment): CredentialsProvider {
  const known = providers.get(env);
  if (known !== undefined) return known;
  const provider = openCredentials(env);
  providers.set(env, provider);
  return provider;
}

function openCredentials(env: Environment): CredentialsProvider {
  const read = new EnvReader(env);
  const stored = readStoredCredentials(read);
  if (stored !== undefined) return storedCredentials(stored, (name) => fetchFromAws(name, env));
  return () => {
    if (read.problems.length > 0) throw new CredentialsError(read.problems.join('; '));
    return credentialsFromEnvironment(env);
  };
}

/** What fetches is loaded only now: deployments to SCF never need it. */
async function fetchFromAws(name: string, env: Environment): Promise<string> {
  const { fetchParameter } = await import('./parameter-store.js');
  // Opened anew each time, since it is once in the life of an environment: nothing stays open that Lambda would freeze.
  const transport = openTransport({ maxSockets: 1 });
  try {
    return await fetchParameter(name, env, { ...systemEffects, transport });
  } finally {
    transport.close();
  }
}

/**
 * A key pair that is kept in AWS. It is fetched when it is first asked for, by one request however many ask at a time, and again once it was
 * refused; a fetch that failed is tried again by the next who asks.
 *
 * @returns a provider; it rejects with a CredentialsError that names the parameter and never quotes its value.
 */
export function storedCredentials(stored: StoredCredentials, fetch: FetchParameter): CredentialsProvider {
  const name = stored.kind === 'parameter' ? stored.name : `${SECRETS}${stored.name}`;
  let pair: SigningCredentials | undefined;
  let fetching: Promise<SigningCredentials> | undefined;
  const fetchPair = async (): Promise<SigningCredentials> => {
    try {
      return (pair = parsePair(await fetch(name), stored));
    } finally {
      fetching = undefined;
    }
  };
  return (refused) => {
    if (pair !== undefined && (refused === undefined || !isSamePair(pair, refused))) return pair;
    return (fetching ??= fetchPair());
  };
}

function isSamePair(a: SigningCredentials, b: SigningCredentials): boolean {
  return a.secretId === b.secretId && a.secretKey === b.secretKey && a.token === b.token;
}

function parsePair(text: string, { kind, name }: StoredCredentials): SigningCredentials {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), StoredPair), text);
  if (!parsed.success) {
    throw new CredentialsError(
      `the ${kind} ${name} does not hold a key pair: store {"secretId":"…","secretKey":"…"}, with "token" for a temporary one, ` +
        'without white space in the values',
    );
  }
  const { secretId, secretKey, token } = parsed.output;
  return { secretId, secretKey, ...(token === undefined ? {} : { token }) };
}
