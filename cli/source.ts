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

/** The bucket that was named, or the one of the settings. @throws UsageError for half of one */
export function sourceOf(
  named: {
    readonly bucket?: JobSource['bucket'] | undefined;
    readonly region?: JobSource['region'] | undefined;
  },
  fallback: JobSource,
): JobSource {
  if (named.bucket === undefined && named.region === undefined) return fallback;
  if (named.bucket !== undefined && named.region !== undefined)
    return { bucket: named.bucket, region: named.region };
  throw new UsageError(
    `--${named.bucket === undefined ? 'bucket' : 'region'} is missing: give --bucket and --region together`,
  );
}
