import type { ExchangeLimits, Transport, WireRequest, WireResponse } from '../../lib/cos/transport.js';
import { after, minutes, seconds } from '../../lib/domain/units.js';
import { SqsClient, type SqsConnection, type SqsEffects } from '../../lib/queue/sqs-client.js';
import { START, VirtualClock } from '../support/virtual-clock.js';
import { TEST_KEY } from './aws-environment.js';

/** An answer, or what is thrown instead of one. */
export type ScriptedAnswer =
  | Error
  | {
      /** What stands in the body as JSON; a text stands there as it is. */
      readonly body?: unknown;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** A call as it was made. */
export interface SeenCall {
  /** What was asked, parsed. */
  readonly input: unknown;
  readonly request: WireRequest;
  readonly limits: ExchangeLimits;
}

/** More calls than any test makes. */
const MAX_CALLS = 100;

/** An SQS without sockets that answers as it is told and keeps what it was asked, with a client on it. */
export class ScriptedSqs implements Transport {
  readonly clock = new VirtualClock();
  readonly calls: SeenCall[] = [];
  readonly #answer: (call: SeenCall, index: number) => ScriptedAnswer;

  /** @param answer by the call and its number, from 0; of a list, its last for all further ones */
  constructor(answer: readonly ScriptedAnswer[] | ((call: SeenCall, index: number) => ScriptedAnswer)) {
    this.#answer = typeof answer === 'function' ? answer : (_, index) => answer[index] ?? answer.at(-1) ?? {};
  }

  async exchange(request: WireRequest, limits: ExchangeLimits): Promise<WireResponse> {
    const input: unknown = JSON.parse(Buffer.from(request.body ?? []).toString());
    const call = { input, request, limits };
    const index = this.calls.push(call) - 1;
    if (index >= MAX_CALLS) throw new Error('the same call is made without an end');
    await new Promise(setImmediate);
    const answer = this.#answer(call, index);
    if (answer instanceof Error) throw answer;
    const { body = {}, status = 200, headers = {} } = answer;
    return { status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) };
  }

  close(): void {
    // There is nothing to close.
  }

  /** A client with a minute's time, half of each backoff, and a second for an attempt. */
  client(effects: Partial<SqsEffects> = {}, connection: Partial<SqsConnection> = {}): SqsClient {
    return new SqsClient(
      {
        region: 'eu-central-1',
        endpoint: 'https://sqs.eu-central-1.amazonaws.com',
        requestTimeout: seconds(1),
        ...connection,
      },
      {
        clock: this.clock,
        random: () => 0.5,
        transport: this,
        credentials: TEST_KEY,
        deadline: after(START, minutes(1)),
        ...effects,
      },
    );
  }
}
