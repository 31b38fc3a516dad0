import * as v from 'valibot';

const described = <const Schema extends v.GenericSchema>(schema: Schema, text: string) =>
  v.pipe(schema, v.description(text));

const placeFields = {
  bucket: described(v.string(), 'The bucket, with APPID.'),
  region: described(v.string(), 'The region of that bucket, such as `ap-beijing`.'),
};

/** The message about one manifest. The one source of the type {@link Notice} and of the published JSON Schema. */
export const noticeSchema = v.pipe(
  v.object({
    schemaVersion: described(
      v.pipe(v.string(), v.regex(/^1\.(?:0|[1-9]\d*)$/)),
      'The version of this form, `major.minor`. A new minor version only adds fields.',
    ),
    jobId: described(
      v.pipe(v.string(), v.nonEmpty()),
      'The ID of the job. A notice can come more than once: know it again by this.',
    ),
    source: described(v.object(placeFields), 'Where the source document of the job is.'),
    state: described(v.picklist(['Success', 'Failed', 'Cancel']), 'How the job ended.'),
    complete: described(v.boolean(), "The manifest's own `complete`: false where pages are missing."),
    manifest: described(
      v.object({
        ...placeFields,
        key: described(v.string(), 'The key of the manifest, as GET Object takes it.'),
      }),
      'Where the manifest is. It is there before the notice is sent.',
    ),
    pages: described(
      v.pipe(v.number(), v.integer(), v.minValue(0)),
      'The number of pictures that the manifest lists.',
    ),
  }),
  v.title('The notice of a manifest'),
  v.description(
    'Sent at least once for each manifest of a document job of Tencent Cloud Infinite (CI), after the manifest is there. Every field is always there.',
  ),
);

/** A notice: what {@link noticeSchema} describes. */
export type Notice = v.InferOutput<typeof noticeSchema>;
