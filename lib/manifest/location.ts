import type { EndedJob } from '../doc-jobs/doc-job.js';
import { brief } from '../domain/brief.js';
import { parseBucketName, parseRegion, type BucketName, type JobId, type Region } from '../domain/names.js';

declare const template: unique symbol;

/** The key of a manifest with `${jobId}` and perhaps `${bucket}` and `${region}` (of the source) in it; whatever it expands to is a fit key. */
export type KeyTemplate = string & { readonly [template]: 'KeyTemplate' };

/** What a key template can name. */
interface ManifestSubject {
  readonly jobId: JobId;
  /** The source bucket. */
  readonly bucket: BucketName;
  /** The region of the source bucket. */
  readonly region: Region;
}

const PLACEHOLDER = /\$\{([^}]*)\}/g;

/** COS, "Object overview": a key has at most 850 bytes in UTF-8. */
const MAX_KEY_BYTES = 850;

/** The longest that each placeholder can become, by the patterns of `lib/domain/names.ts`; each is made of what cannot end a segment. */
const LONGEST: Readonly<Record<string, string>> = {
  jobId: 'j'.repeat(128),
  bucket: 'b'.repeat(63),
  region: 'r'.repeat(73),
};

/**
 * `text` as a key template.
 *
 * @throws TypeError with one sentence that says what is wrong with it, and does not repeat it.
 */
export function parseKeyTemplate(text: string): KeyTemplate {
  const problem = problemOf(text);
  if (problem !== undefined) throw new TypeError(`the manifest key ${problem}`);
  // Checked above.
  return text as KeyTemplate;
}

/** The key of the manifest of one job. */
export function manifestKey(template: KeyTemplate, subject: ManifestSubject): string {
  const { jobId, bucket, region } = subject;
  return expand(template, { jobId, bucket, region });
}

function problemOf(text: string): string | undefined {
  if (!text.includes('${jobId}')) return 'must contain ${jobId}, or all jobs would share one manifest';
  const unknown = Array.from(text.matchAll(PLACEHOLDER), ([placeholder]) => placeholder.slice(2, -1)).find(
    (name) => !Object.hasOwn(LONGEST, name),
  );
  if (unknown !== undefined) {
    return `has the unknown placeholder \${${unknown}}: only \${jobId}, \${bucket} and \${region} are known`;
  }
  const longest = expand(text, LONGEST);
  if (longest.includes('${')) return 'has a "${" that is never closed';
  if (longest.includes('\\')) return 'must not contain a backslash';
  if (/[\p{Control}\p{Surrogate}]/u.test(longest)) {
    return 'must not contain control characters or halves of surrogate pairs';
  }
  if (longest.startsWith('/')) return 'must not begin with a slash: keys have none';
  const segments = longest.split('/');
  if (segments.includes('')) return 'must not contain "//" or end with a slash';
  if (segments.includes('.') || segments.includes('..')) return 'must not have "." or ".." as a segment';
  const bytes = Buffer.byteLength(longest);
  if (bytes > MAX_KEY_BYTES) {
    return `can become ${bytes} bytes long, but a COS key has ${MAX_KEY_BYTES} at most`;
  }
  return undefined;
}

/** Unknown placeholders stay as they are. */
function expand(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(PLACEHOLDER, (placeholder, name: string) => values[name] ?? placeholder);
}

/** The object that a manifest is written to. */
export interface ManifestLocation {
  readonly bucket: BucketName;
  readonly region: Region;
  readonly key: string;
}

/** Where the manifest goes, or why it may go nowhere. */
type ManifestLocationAnswer =
  | (ManifestLocation & { readonly kind: 'ok' })
  | {
      readonly kind: 'not-allowed';
      /** The output bucket as CI reported it; not to be used as a name. */
      readonly bucket: string;
      /** One sentence: what is wrong and what to do. */
      readonly problem: string;
    };

/**
 * Where the manifest of `job` goes: into the output bucket that CI reported, in the region that CI reported (it can differ from the API host's),
 * or into the source bucket where CI reported no output. What CI reported is checked before it can reach a host name (DESIGN promise 8).
 */
export function manifestLocation(
  job: Pick<EndedJob, 'jobId' | 'output'>,
  source: { readonly bucket: BucketName; readonly region: Region },
  template: KeyTemplate,
  isAllowed: (bucket: BucketName) => boolean,
): ManifestLocationAnswer {
  const reported = job.output ?? source;
  const refuse = (problem: string): ManifestLocationAnswer => ({
    kind: 'not-allowed',
    bucket: reported.bucket,
    problem,
  });
  const bucket = parseBucketName(reported.bucket);
  if (bucket === undefined) {
    return refuse(
      `the output bucket ${JSON.stringify(brief(reported.bucket))} is not a bucket name with APPID`,
    );
  }
  const region = parseRegion(reported.region);
  if (region === undefined) {
    return refuse(
      `the region ${JSON.stringify(brief(reported.region))} of the output bucket is not a region`,
    );
  }
  if (!isAllowed(bucket)) {
    return refuse(
      `the output bucket ${bucket} is not allowed: add it to ALLOWED_BUCKETS and redrive the job`,
    );
  }
  const subject = { jobId: job.jobId, bucket: source.bucket, region: source.region };
  return { kind: 'ok', bucket, region, key: manifestKey(template, subject) };
}
