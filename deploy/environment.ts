/** What both take (SCF, product 583, page 11637, "Quota limits"; AWS Lambda, "Lambda quotas"). */
const MAX_ENVIRONMENT_BYTES = 4_096;

/** What is wrong with the environment of a function, in words that continue its name; undefined when nothing is. */
export function environmentProblem(
  variables: Readonly<Record<string, string>>,
  platform: 'SCF' | 'Lambda',
): string | undefined {
  const all = Object.entries(variables).map(([name, value]) => name + value);
  const bytes = Buffer.byteLength(all.join(''));
  if (bytes <= MAX_ENVIRONMENT_BYTES) return undefined;
  return `has run-time variables of ${bytes} bytes, but ${platform} takes ${MAX_ENVIRONMENT_BYTES}: shorten ALLOWED_BUCKETS or other long values`;
}
