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
