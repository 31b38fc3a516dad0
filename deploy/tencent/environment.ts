/** SCF, product 583, page 11637, "Quota limits". */
const MAX_ENVIRONMENT_BYTES = 4_096;

/** What is wrong with the environment of a function, in words that continue its name; undefined when nothing is. */
export function environmentProblem(variables: Readonly<Record<string, string>>): string | undefined {
  const all = Object.entries(variables).map(([name, value]) => name + value);
  const bytes = Buffer.byteLength(all.join(''));
  if (bytes <= MAX_ENVIRONMENT_BYTES) return undefined;
  return `has run-time variables of ${bytes} bytes, but SCF takes ${MAX_ENVIRONMENT_BYTES}: shorten ALLOWED_BUCKETS or other long values`;
}

/** Variables whose values are for the function alone. */
const SECRET_VARIABLE = /SECRET|TOKEN|PASSWORD/;

/** A request's parameters fit to be written down: the values of secret variables are left out. */
export function withoutSecrets(parameters: object): object {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]: [string, unknown]) => [
      name,
      name === 'Environment' ? JSON.parse(JSON.stringify(value), hideSecret) : value,
    ]),
  );
}

function hideSecret(_name: string, part: unknown): unknown {
  const isSecret =
    typeof part === 'object' && part !== null && 'Key' in part && SECRET_VARIABLE.test(String(part.Key));
  return isSecret ? { ...part, Value: '(set when it is deployed)' } : part;
}
