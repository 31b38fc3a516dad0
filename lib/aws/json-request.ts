import { targetAt } from '../cos/hosts.js';
import type { WireRequest } from '../cos/transport.js';
import type { EpochMs } from '../domain/units.js';
import type { V4Signer } from './sign-v4.js';

/** A call in one of AWS's JSON protocols (Smithy, "AWS JSON 1.0 protocol" and "AWS JSON 1.1 protocol"). */
export interface AwsJsonCall {
  readonly version: '1.0' | '1.1';
  /** Where the service is: scheme, host and port. */
  readonly origin: string;
  /** The service's name in the protocol and the operation's, such as `AmazonSQS.ReceiveMessage`. */
  readonly operation: string;
  readonly input: object;
  /** Sent and signed beside those of the protocol; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** In words without secrets, for messages. */
  readonly asked: string;
}

/** The call as it goes on the wire, signed at `now` with all its headers but the length. */
export function signedJsonRequest(call: AwsJsonCall, signer: V4Signer, now: EpochMs): WireRequest {
  const target = targetAt(call.origin, undefined);
  const body = Buffer.from(JSON.stringify(call.input));
  const headers = {
    ...call.headers,
    host: target.host,
    'content-type': `application/x-amz-json-${call.version}`,
    'x-amz-target': call.operation,
  };
  const request = { method: 'POST', path: '/', body };
  const signed = signer.sign({ ...request, headers }, now);
  return {
    ...request,
    target,
    headers: { ...signed.headers, 'content-length': String(body.byteLength) },
    asked: call.asked,
  };
}
