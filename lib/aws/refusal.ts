import * as v from 'valibot';
import type { WireResponse } from '../cos/transport.js';
import { brief } from '../domain/brief.js';

/** What an error answer of AWS says. */
export interface AwsRefusal {
  /** The error's name, `QueueDoesNotExist`; undefined where the answer has none, or what is no name. */
  readonly name: string | undefined;
  /** What a service that spoke AWS's query protocol before called the same, `AWS.SimpleQueueService.NonExistentQueue`. */
  readonly queryName: string | undefined;
  /** In AWS's words. Those about a signature repeat the session token. */
  readonly message: string | undefined;
}

/** AWS's front end and its services spell the message differently. */
const Body = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    __type: v.optional(v.string()),
    message: v.optional(v.string()),
    Message: v.optional(v.string()),
  }),
);

/** Reads an answer with a status of failure, whatever it is. */
export function readRefusal({ headers, body }: WireResponse): AwsRefusal {
  const read = v.safeParse(Body, body.toString('utf8'));
  const { __type, message, Message } = read.success ? read.output : {};
  return {
    name: plainName(headers['x-amzn-errortype'] ?? __type),
    // `<code>;<fault>` (Smithy, "awsQueryCompatible trait"); an absent header has no such form either.
    queryName: /^([A-Za-z][\w.]{0,99});/.exec(String(headers['x-amzn-query-error']))?.[1],
    message: message ?? Message,
  };
}

/** The request ID of an answer, for AWS's support. */
export function requestIdOf({ headers }: WireResponse): string | undefined {
  const id = headers['x-amzn-requestid'];
  return id === undefined ? undefined : brief(id);
}

/** `ParameterNotFound` for `com.amazonaws.ssm#ParameterNotFound:http://…` (Smithy, "AWS JSON 1.1 protocol", Operation error serialization). */
function plainName(type: string | undefined): string | undefined {
  return type === undefined ? undefined : /^(?:[^:#]*#)?([A-Za-z][\w.]{0,99})(?::|$)/.exec(type)?.[1];
}
