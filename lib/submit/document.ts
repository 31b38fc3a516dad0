import { DocumentError, placeProblems, type NewJobOutput } from '../doc-jobs/create.js';
import { readOptions } from '../doc-jobs/create-options.js';
import type { JobSource } from '../doc-jobs/describe.js';
import { sourceKindOf } from '../doc-jobs/source-types.js';
import type { DocjobError } from '../domain/docjob-error.js';
import { parseBucketName, parseRegion, type BucketName } from '../domain/names.js';
import { loopProblems, type TriggerScope } from './loops.js';
import type { Document } from './make-job.js';
import { fillOutputTemplate } from './output-name.js';
import { SubmitError } from './submit-error.js';

/** What a document is submitted with where it does not say so itself. */
export interface DocumentDefaults {
  readonly source: JobSource;
  readonly output: JobSource;
  /** Output templates, with `${object}` and `${targetType}`. */
  readonly template: string;
  readonly sheetTemplate: string;
  readonly targetType: 'jpg' | 'png' | 'pdf';
  /** The CI queue of the source bucket. */
  readonly queueId: string | undefined;
}

/** What documents must keep to. */
export interface DocumentRules {
  readonly isAllowedBucket: (bucket: BucketName) => boolean;
  /** What calls the function for new objects. */
  readonly trigger: TriggerScope | undefined;
  /** The key template of manifests, which go to where the pictures go. */
  readonly manifestKey: string;
}

/** A document as it was given, read: ready to be submitted, or what is wrong with it. */
export type ReadDocument =
  | { readonly kind: 'document'; readonly document: Document }
  | { readonly kind: 'refused'; readonly object: string | null; readonly error: DocjobError };

/** Where a document's job is looked up when the caller gave it no `userData`. */
type UserDataOf = (source: JobSource, object: string) => string;

/**
 * Reads a document of a call: a key, or `{"object","bucket"?,"region"?,"output"?:{"bucket"?,"region"?,"object"?},…}` with the options of
 * `DocJobOptions`. All that is wrong with it comes in one error, which quotes no value.
 */
export function readDocument(
  given: unknown,
  defaults: DocumentDefaults,
  rules: DocumentRules,
  userDataOf: UserDataOf,
): ReadDocument {
  const fields: unknown = typeof given === 'string' ? { object: given } : given;
  const { object, bucket, region, output, ...rest } = isRecord(fields) ? fields : {};
  if (typeof object !== 'string') {
    const problem = 'a document must be a key, or an object whose field object is one';
    return { kind: 'refused', object: null, error: new DocumentError('', [problem]) };
  }
  const refused = (error: DocjobError): ReadDocument => ({ kind: 'refused', object, error });

  const problems: string[] = [];
  const source = readPlace('', { bucket, region }, defaults.source, problems);
  const place = readOutput(output, defaults.output, problems);
  const isDefaultSource = source.bucket === defaults.source.bucket;
  const { options, problems: optionProblems } = readOptions(object, {
    targetType: defaults.targetType,
    // A queue belongs to a bucket.
    ...(isDefaultSource && defaults.queueId !== undefined ? { queueId: defaults.queueId } : {}),
    ...rest,
  });
  const { targetType = defaults.targetType, userData = userDataOf(source, object) } = options;
  const isSheet = sourceKindOf(object, options.sourceType) === 'spreadsheet';
  const template = place.template ?? (isSheet ? defaults.sheetTemplate : defaults.template);
  const target: NewJobOutput = {
    bucket: place.bucket,
    region: place.region,
    object: fillOutputTemplate(template, { object, targetType }),
  };
  problems.push(...placeProblems(object, target.object, options), ...optionProblems);
  if (problems.length > 0) return refused(new DocumentError(object, problems));
  const document: Document = {
    source,
    job: { ...options, object, output: target, userData },
    isOurUserData: options.userData === undefined,
  };
  const error = ruleError(document, rules);
  return error === undefined ? { kind: 'document', document } : refused(error);
}

/** A bucket and its region, which are given both or not at all. */
function readPlace(
  of: string,
  { bucket, region }: { readonly bucket: unknown; readonly region: unknown },
  fallback: JobSource,
  problems: string[],
): JobSource {
  if (bucket === undefined && region === undefined) return fallback;
  const bucketName = typeof bucket === 'string' ? parseBucketName(bucket) : undefined;
  const regionName = typeof region === 'string' ? parseRegion(region) : undefined;
  if (bucketName === undefined)
    problems.push(`${of}bucket must be a bucket name with its APPID, given together with a region`);
  if (regionName === undefined)
    problems.push(`${of}region must be a region such as ap-beijing, given together with a bucket`);
  return { bucket: bucketName ?? fallback.bucket, region: regionName ?? fallback.region };
}

function readOutput(
  output: unknown,
  fallback: JobSource,
  problems: string[],
): JobSource & { readonly template: string | undefined } {
  if (output === undefined) return { ...fallback, template: undefined };
  if (!isRecord(output)) {
    problems.push(
      'output must be an object with bucket, region and object, each as far as it differs from the configuration',
    );
    return { ...fallback, template: undefined };
  }
  const { bucket, region, object, ...unknown } = output;
  for (const name of Object.keys(unknown))
    problems.push(`output has no field ${JSON.stringify(name.slice(0, 40))}`);
  if (object !== undefined && typeof object !== 'string')
    problems.push('output.object must be a key template');
  const place = readPlace('output.', { bucket, region }, fallback, problems);
  return { ...place, template: typeof object === 'string' ? object : undefined };
}

/** Why a document that is right in itself is not to be submitted here. */
function ruleError({ source, job }: Document, rules: DocumentRules): SubmitError | undefined {
  for (const bucket of [source.bucket, job.output.bucket]) {
    if (!rules.isAllowedBucket(bucket)) {
      return new SubmitError(
        'bucket-not-allowed',
        `the bucket ${bucket} is not allowed: add it to ALLOWED_BUCKETS`,
      );
    }
  }
  if (rules.trigger === undefined) return undefined;
  const { bucket, object } = job.output;
  const [loop] = loopProblems(rules.trigger, [
    { what: 'the output', bucket, key: object },
    { what: 'the manifest', bucket, key: rules.manifestKey },
  ]);
  return loop === undefined ? undefined : new SubmitError('would-trigger-itself', loop);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
