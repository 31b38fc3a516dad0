import * as v from 'valibot';
import { EventError, unknownEvent } from '../platform/event-error.js';
import { CosEvent, readRecord, type ReadRecord } from './cos-event.js';

/** What a call of the submit function asks for, the same on both platforms. */
export type SubmitRequest =
  /** A direct call: documents as they were given, not yet read. */
  | { readonly kind: 'documents'; readonly documents: readonly unknown[] }
  /** New objects, told by COS. */
  | { readonly kind: 'event'; readonly records: readonly ReadRecord[] };

/**
 * The most documents of a call: more than a call of a minute can make jobs for, and few enough for the answer to tell of all of them. An answer of
 * more than 6 MB (AWS Lambda quotas; SCF, product 583, page 11637) would be lost with the IDs of all jobs that were made.
 */
export const MAX_DOCUMENTS = 3_000;

const DirectCall = v.union([
  v.strictObject({ documents: v.pipe(v.array(v.unknown()), v.minLength(1)) }),
  v.strictObject({ objects: v.pipe(v.array(v.string()), v.minLength(1)) }),
]);

/**
 * Reads an event: `{"documents":[…]}`, `{"objects":["a.docx",…]}`, or COS's event for new objects.
 *
 * @throws EventError naming the forms that are taken, or the most documents of a call; it quotes field names only.
 */
export function parseSubmitEvent(event: unknown): SubmitRequest {
  const direct = v.safeParse(DirectCall, event);
  if (direct.success) {
    const { output } = direct;
    const documents = 'objects' in output ? output.objects : output.documents;
    if (documents.length <= MAX_DOCUMENTS) return { kind: 'documents', documents };
    throw new EventError(
      `a call with ${documents.length} documents is too large: nothing was tried; call with ${MAX_DOCUMENTS} at most`,
    );
  }
  const cos = v.safeParse(CosEvent, event);
  if (cos.success) return { kind: 'event', records: cos.output.Records.map(readRecord) };
  throw unknownEvent(
    event,
    '{"documents":[{"object":"a.docx"}]}, {"objects":["a.docx"]} or an event of COS for new objects',
  );
}
