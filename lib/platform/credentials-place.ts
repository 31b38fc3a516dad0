import type { EnvReader } from '../env-reader.js';

/** Where AWS keeps the Tencent key pair: a parameter of the Parameter Store, or a secret of the Secrets Manager, by its name. */
export interface StoredCredentials {
  readonly kind: 'parameter' | 'secret';
  readonly name: string;
}

/** A parameter's name, with a leading slash where it is a path (Systems Manager API Reference, PutParameter: letters, digits and `._-/`). */
const PARAMETER = /^(?=.{1,1011}$)(?!\/?(?:aws|ssm)(?:\/|$))(?:[A-Za-z0-9._-]+|(?:\/[A-Za-z0-9._-]+){1,15})$/;

/** A secret's name (Secrets Manager API Reference, CreateSecret: up to 512 letters, digits and `/_+=.@-`). */
const SECRET = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

/**
 * `TENCENT_CREDENTIALS_PARAMETER` or `TENCENT_CREDENTIALS_SECRET`; undefined when neither is set, so that the key pair is in the environment, or
 * with a problem noted in `read`.
 */
export function readStoredCredentials(read: EnvReader): StoredCredentials | undefined {
  const parameter = read.optional(
    'TENCENT_CREDENTIALS_PARAMETER',
    'the name of a parameter in the Parameter Store, such as /docjob/tencent',
    (text) => (PARAMETER.test(text) ? text : undefined),
  );
  const secret = read.optional(
    'TENCENT_CREDENTIALS_SECRET',
    'the name (not the ARN) of a secret in the Secrets Manager, such as docjob/tencent',
    parseSecretName,
  );
  if (parameter !== undefined && secret !== undefined) {
    read.problem('TENCENT_CREDENTIALS_PARAMETER and TENCENT_CREDENTIALS_SECRET are both set: unset one');
    return undefined;
  }
  if (parameter !== undefined) return { kind: 'parameter', name: parameter };
  return secret === undefined ? undefined : { kind: 'secret', name: secret };
}

/** The name of a secret in the Secrets Manager, or undefined if `text` cannot be one. */
export function parseSecretName(text: string): string | undefined {
  return SECRET.test(text) ? text : undefined;
}
