import type { Command as Declared } from 'commander';
import * as v from 'valibot';
import type { JobSource } from '../lib/doc-jobs/describe.js';
import { bucket, region } from './args.js';
import { UsageError } from './errors.js';

/** `--bucket` and `--region`: whose jobs or documents are meant. */

/** What a command's `args` has for them. */
export const sourceArgs = { bucket: v.optional(bucket), region: v.optional(region) };

/** Declares both. */
export function declareSource(declared: Declared): void {
  declared
    .option('--bucket <name>', 'the source bucket (default: SOURCE_BUCKET)')
    .option('--region <name>', 'its region (default: SOURCE_REGION)');
}

/** A bucket and its region as they were given, each perhaps not. */
interface Given {
  readonly bucket?: JobSource['bucket'] | undefined;
  readonly region?: JobSource['region'] | undefined;
}

/** The bucket that was named, or the one of the settings. @throws UsageError for half of one */
export function sourceOf(given: Given, fallback: JobSource): JobSource {
  return pairOf(given, '') ?? fallback;
}

/**
 * A bucket that was named; undefined where none was.
 *
 * @param prefix of the two options' names
 * @throws UsageError for half of one
 */
export function pairOf({ bucket: name, region: place }: Given, prefix: string): JobSource | undefined {
  if (name === undefined && place === undefined) return undefined;
  if (name !== undefined && place !== undefined) return { bucket: name, region: place };
  const missing = name === undefined ? 'bucket' : 'region';
  throw new UsageError(
    `--${prefix}${missing} is missing: give --${prefix}bucket and --${prefix}region together`,
  );
}
