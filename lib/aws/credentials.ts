import { CredentialsError } from '../cos/errors/credentials-error.js';
import { EnvReader, type Environment } from '../env-reader.js';

/** A key pair of AWS. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** What makes the key of a role valid. */
  readonly sessionToken?: string | undefined;
}

/** What can stand in a header, and in a key: printable ASCII without white space. */
const BARE = /^[\x21-\x7e]+$/;

/**
 * The key pair that Lambda sets in the environment (AWS Lambda documentation, "Defined runtime environment variables"). Nothing else is looked at: no
 * profile, no file, no metadata service.
 *
 * @throws CredentialsError naming the variables, and what to do; it shows no key.
 */
export function awsCredentialsFromEnvironment(env: Environment): AwsCredentials {
  const read = new EnvReader(env);
  const credentials = readAwsCredentials(read);
  if (credentials !== undefined) return credentials;
  throw new CredentialsError(
    `there is no AWS key pair to use: ${read.problems.join('; ')}. Lambda sets them from the function's role; elsewhere ` +
      '`aws configure export-credentials --format env` prints those of a profile or a sign-in, which are not read here',
  );
}

/** As {@link awsCredentialsFromEnvironment}, for those who read more than it does; undefined, with the problems noted, when there is no key to use. */
export function readAwsCredentials(read: EnvReader): AwsCredentials | undefined {
  const readKey = (name: string): string | undefined =>
    read.required(name, "the key of the function's role, as Lambda does", (text) => text);
  const accessKeyId = readKey('AWS_ACCESS_KEY_ID');
  const secretAccessKey = readKey('AWS_SECRET_ACCESS_KEY');
  const sessionToken = read.text('AWS_SESSION_TOKEN');
  const isBare = [
    ['AWS_ACCESS_KEY_ID', accessKeyId],
    ['AWS_SECRET_ACCESS_KEY', secretAccessKey],
    ['AWS_SESSION_TOKEN', sessionToken],
  ].map(([name, value]) => {
    if (BARE.test(String(value))) return true; // an absent token would be "undefined", which is bare
    read.problem(`${name} contains white space, or what is not ASCII: set it to the bare value`);
    return false;
  });
  if (accessKeyId === undefined || secretAccessKey === undefined || isBare.includes(false)) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken };
}
