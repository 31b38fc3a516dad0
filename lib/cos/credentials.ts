import type { SigningCredentials } from '../cos-signer/index.js';
import { CredentialsError } from './errors/credentials-error.js';

/**
 * Where key pairs come from. Asked again for every run, and once more with the pair that the service `refused`: role keys rotate, and who keeps a
 * pair must then not give the same one again without looking.
 */
export type CredentialsProvider = (
  refused?: SigningCredentials,
) => SigningCredentials | Promise<SigningCredentials>;

/**
 * The two spellings in use: SCF puts its role's temporary keys into the first (valid six hours at most; SCF documentation, product 583,
 * pages 32748 and 39466), Tencent's SDKs read the second.
 */
const SPELLINGS = [
  { id: 'TENCENTCLOUD_SECRETID', key: 'TENCENTCLOUD_SECRETKEY', token: 'TENCENTCLOUD_SESSIONTOKEN' },
  { id: 'TENCENTCLOUD_SECRET_ID', key: 'TENCENTCLOUD_SECRET_KEY', token: 'TENCENTCLOUD_SESSION_TOKEN' },
] as const;

/**
 * The key pair in the environment: the first spelling of which both halves are set; halves of different spellings are never mixed.
 *
 * @throws CredentialsError naming the variables when there is none, when only half of a pair is set, or when a value holds white space
 * (a newline from a secret file, say), which no signature would survive.
 */
export function credentialsFromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): SigningCredentials {
  for (const names of SPELLINGS) {
    const secretId = env[names.id] ?? '';
    const secretKey = env[names.key] ?? '';
    const token = env[names.token] ?? '';
    if (secretId === '' && secretKey === '') continue;
    if (secretId === '' || secretKey === '') {
      const [missing, present] = secretId === '' ? [names.id, names.key] : [names.key, names.id];
      throw new CredentialsError(`${present} is set but ${missing} is not: set both`);
    }
    for (const [name, value] of [
      [names.id, secretId],
      [names.key, secretKey],
      [names.token, token],
    ] as const) {
      if (/\s/.test(value))
        throw new CredentialsError(`${name} contains white space: set it to the bare value`);
    }
    return { secretId, secretKey, ...(token === '' ? {} : { token }) };
  }
  const wanted = SPELLINGS.map((names) => `${names.id} and ${names.key}`).join(', or ');
  throw new CredentialsError(
    `no Tencent Cloud key pair in the environment: bind an execution role (SCF), or set ${wanted}`,
  );
}
