import * as v from 'valibot';
import type { WireResponse } from '../cos/transport.js';
import type { EpochMs } from '../domain/units.js';
import type { Asked } from './asked.js';
import { cmqAnswerError, cmqCallError, cmqStatusError } from './cmq-errors.js';

/** An answer of the data plane that is no failure of the call as a whole. */
export interface CmqAnswer {
  readonly code: number;
  /** The whole object, for {@link readFields}. */
  readonly fields: object;
  readonly requestId: string | undefined;
  /** When the request was sent, by our clock. */
  readonly sentAt: EpochMs;
  /** The answer's `Date`, by the service's clock. */
  readonly serverDate: EpochMs | undefined;
}

export const OK = 0;
export const NO_MESSAGE = 7000;
/** Some of a batch's deletes failed, or all: `errorList` tells of each (TDMQ-CMQ, BatchDeleteMessage). */
const BATCH_FAILED: readonly number[] = [6010, 6020];

const Answer = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({
    code: v.pipe(v.number(), v.integer()),
    message: v.optional(v.string(), ''),
    requestId: v.optional(v.string()),
  }),
);

/**
 * Reads an answer. No document says with which status a failure comes: its code counts, whatever the status, and the status only where there is no
 * code. A code of success under a status of failure is neither.
 *
 * @param token what was sent of secrets as it is, lest the service's words repeat it
 * @throws QueueError for a failed call, or an answer that is none of the data plane.
 */
export function readAnswer(
  response: WireResponse,
  asked: Asked,
  times: Pick<CmqAnswer, 'sentAt' | 'serverDate'>,
  token: string | undefined,
): CmqAnswer {
  const read = v.safeParse(Answer, response.body.toString());
  const isSuccess = response.status < 300; // nothing below 200 ends an exchange
  if (!read.success) {
    throw isSuccess
      ? cmqAnswerError('an answer that is not JSON with a code', asked)
      : cmqStatusError(response.status, asked);
  }
  const { code, message, requestId } = read.output;
  if (![OK, NO_MESSAGE, ...BATCH_FAILED].includes(code)) {
    const words = token === undefined ? message : message.replaceAll(token, '…');
    throw cmqCallError({ code, message: words }, asked, requestId);
  }
  if (code === OK && !isSuccess) throw cmqStatusError(response.status, asked);
  return { code, fields: read.output, requestId, ...times };
}

/** The fields of an answer by a schema. @throws QueueError when it does not fit: then nothing in it is believed. */
export function readFields<S extends v.GenericSchema>(
  { fields, requestId }: CmqAnswer,
  schema: S,
  asked: Asked,
): v.InferOutput<S> {
  const read = v.safeParse(schema, fields);
  if (read.success) return read.output;
  // An answer is an object: what is wrong with it is wrong with one of its fields.
  const field = String(v.getDotPath(read.issues[0]));
  throw cmqAnswerError(`an answer without a right ${field}`, asked, { requestId });
}
