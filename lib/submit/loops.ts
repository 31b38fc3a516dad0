import { fixedBeginning } from '../doc-jobs/output-template.js';
import type { BucketName } from '../domain/names.js';

/** Which new objects call the submit function. */
export interface TriggerScope {
  readonly bucket: BucketName;
  /** Keys that begin so; empty for the whole bucket. */
  readonly prefix: string;
}

/** Where something writes objects. */
export interface Destination {
  /** What writes there, for messages: a variable's or a field's name. */
  readonly what: string;
  readonly bucket: BucketName;
  /** A key, a prefix, or a template with `${…}` in it. */
  readonly key: string;
}

/**
 * What would call the function again for objects that docjob itself or CI writes, and so for ever: one sentence for each such destination. A template
 * counts as soon as it could come out under the prefix, and the suffixes that the function takes are no excuse: each picture would call it all the same,
 * and a longer list of suffixes would close the loop.
 */
export function loopProblems(
  { bucket, prefix }: TriggerScope,
  destinations: readonly Destination[],
): readonly string[] {
  return destinations
    .filter((destination) => destination.bucket === bucket && mayBeginWith(destination.key, prefix))
    .map(
      ({ what, key }) =>
        `${what} ${key} can lie under the trigger's prefix ${JSON.stringify(prefix)} of the same bucket ${bucket}, ` +
        'so that each object written there would call the submit function again: use another prefix or bucket',
    );
}

function mayBeginWith(template: string, prefix: string): boolean {
  const fixed = fixedBeginning(template);
  const isWhole = !template.includes('${');
  return fixed.startsWith(prefix) || (!isWhole && prefix.startsWith(fixed));
}
