/** A variable that the bench sets for every contestant. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`the bench did not set ${name}`);
  return value;
}

/** Jobs that are worked on at a time. */
export function concurrency(): number {
  return Number(setting('CONCURRENCY'));
}

/** The bucket that jobs are asked about at. */
export function source(): { readonly bucket: string; readonly region: string } {
  return { bucket: setting('SOURCE_BUCKET'), region: setting('SOURCE_REGION') };
}
