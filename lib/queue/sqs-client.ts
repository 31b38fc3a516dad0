import { SQSClient } from '@aws-sdk/client-sqs';
import { millis, type Millis } from '../domain/units.js';

/** The longest that SQS waits for a message (SQS API Reference, ReceiveMessage: WaitTimeSeconds up to 20). */
export const MAX_WAIT_SECONDS = 20;

/** A call is tried this often, as the SDK does by itself: what fails then goes back to the queue, and the next run tries again. */
const ATTEMPTS = 3;

/** Where and how to reach SQS. */
export interface SqsConnection {
  readonly region: string;
  /** The origin that all requests go to. */
  readonly endpoint: string;
  /** How long one attempt may take, a long poll's wait not counted. */
  readonly requestTimeout: Millis;
}

/** An SDK client with bounded attempts. Credentials are those that the SDK finds in the environment. */
export function createSqsClient({ region, endpoint, requestTimeout }: SqsConnection): SQSClient {
  return new SQSClient({
    region,
    // Said outright: without it the SDK prefers a queue URL's host to AWS_ENDPOINT_URL, and warns on the console.
    endpoint,
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: requestTimeout,
      requestTimeout,
      // Without this the SDK only warns.
      throwOnRequestTimeout: true,
      // The request timeout ends with the answer's headers; this bounds an answer that stalls after them.
      socketTimeout: longPollTimeout(requestTimeout, MAX_WAIT_SECONDS),
    },
  });
}

/** The timeout of a request whose answer SQS holds back for `waitSeconds`. */
export function longPollTimeout(requestTimeout: Millis, waitSeconds: number): Millis {
  return millis(requestTimeout + waitSeconds * 1_000);
}
