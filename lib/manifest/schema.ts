import * as v from 'valibot';

/** `described(schema, text)`: the text comes out as the field's description in the published JSON Schema. */
const described = <const Schema extends v.GenericSchema>(schema: Schema, text: string) =>
  v.pipe(schema, v.description(text));

const textOrNull = v.nullable(v.string());
const integerOrNull = v.nullable(v.pipe(v.number(), v.integer()));

/** RFC 3339, section 5.6, `date-time`, with the letters in upper case. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

const timeOrNull = v.nullable(v.pipe(v.string(), v.regex(RFC_3339)));

/** The major version that this code writes and reads. A new minor version only adds fields. */
export const MAJOR_VERSION = 1;

const sourceSchema = v.object({
  bucket: described(v.string(), 'The bucket of the source document, with APPID.'),
  region: described(v.string(), 'The region of that bucket, such as `ap-beijing`.'),
  object: described(textOrNull, 'The key of the source document; null where CI did not say.'),
});

const outputSchema = v.object({
  bucket: described(v.string(), 'The bucket that holds the pictures, with APPID.'),
  region: described(v.string(), 'The region of that bucket; it can differ from the region of the source.'),
  object: described(
    v.string(),
    'The template of the keys as it was asked for, such as `big/test-${Number}`. Never compute a key from it: take the key of the page.',
  ),
});

const jobSchema = v.object({
  jobId: described(v.pipe(v.string(), v.nonEmpty()), 'The ID of the job.'),
  state: described(
    v.picklist(['Success', 'Failed', 'Cancel']),
    'How the job ended. A `Success` can still have failed pages.',
  ),
  code: described(textOrNull, 'The code that CI gave for the job as a whole; null where it gave none.'),
  message: described(textOrNull, 'The message to that code; null where CI gave none.'),
  tag: described(textOrNull, 'The kind of the job, `DocProcess`; null where CI did not say.'),
  queueId: described(textOrNull, 'The CI queue that the job was in; null where CI did not say.'),
  userData: described(textOrNull, 'What the submitter attached to the job; null where there is nothing.'),
  source: described(sourceSchema, 'The document that was transcoded.'),
  output: described(
    v.nullable(outputSchema),
    'Where the pictures are; null where CI did not say. Every key of `pages` is a key in this bucket.',
  ),
  creationTime: described(
    timeOrNull,
    'When the job was created: RFC 3339 with the offset that CI gave; null where it did not say.',
  ),
  startTime: described(timeOrNull, 'When the job was started, in the same form; null where CI did not say.'),
  endTime: described(timeOrNull, 'When the job ended, in the same form; null where CI did not say.'),
});

const countsSchema = v.object({
  total: described(integerOrNull, 'The pages of the source (`TotalPageCount`).'),
  succeeded: described(integerOrNull, 'The pages that were transcoded (`SuccPageCount`).'),
  failed: described(integerOrNull, 'The pages that were not (`FailPageCount`).'),
  sheets: described(integerOrNull, 'The sheets of the source, a spreadsheet only (`TotalSheetCount`).'),
});

const pageSchema = v.object({
  pageNo: described(
    v.pipe(v.number(), v.integer()),
    'The number of the page or, in a spreadsheet, of the sheet: several pictures can share it.',
  ),
  picIndex: described(
    integerOrNull,
    'The number of the picture in the whole file; a spreadsheet only, else null.',
  ),
  picNum: described(integerOrNull, 'The number of the picture in its sheet; a spreadsheet only, else null.'),
  sheetPics: described(
    integerOrNull,
    'How many pictures the sheet has (`X-SheetPics`); a spreadsheet only, else null.',
  ),
  tgtUri: described(v.string(), 'The picture as CI named it (`TgtUri`), sometimes with a leading slash.'),
  key: described(
    v.string(),
    'The key of the picture in the output bucket, as GET Object takes it: `tgtUri` without one leading slash.',
  ),
});

/**
 * The manifest of a job that has ended. The one source of the type {@link Manifest}, of what `readManifest` accepts, and of the published JSON
 * Schema. Fields beyond these are tolerated and left out: a later minor version may add some.
 */
export const manifestSchema = v.pipe(
  v.object({
    schemaVersion: described(
      v.pipe(v.string(), v.regex(/^1\.(?:0|[1-9]\d*)$/)),
      'The version of this form, `major.minor`. A new minor version only adds fields; readers refuse a major version unknown to them.',
    ),
    job: described(jobSchema, 'What Cloud Infinite (CI) said about the job.'),
    counts: described(
      countsSchema,
      'The counts as CI reported them: they need not add up, nor agree with `pages`. Null where CI did not say, and all null unless the job is a `Success`.',
    ),
    complete: described(
      v.boolean(),
      'False when CI listed fewer pages than it had counted as succeeded, even ten minutes after the job had ended.',
    ),
    pages: described(
      v.array(pageSchema),
      'The pictures, in the order of `pageNo`, then `picIndex`, then `picNum`; empty unless the job is a `Success`.',
    ),
  }),
  v.title('The manifest of a document transcoding job'),
  v.description(
    'Written once a document job of Tencent Cloud Infinite (CI) has ended, well or not. Every field is always there; what CI did not say is null.',
  ),
);

/** A manifest: what {@link manifestSchema} describes. */
export type Manifest = v.InferOutput<typeof manifestSchema>;

/** One picture in a manifest. */
export type ManifestPage = Manifest['pages'][number];
