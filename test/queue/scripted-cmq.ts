import type { ExchangeLimits, Transport, WireRequest, WireResponse } from '../../lib/cos/transport.js';
import type { CredentialsProvider } from '../../lib/cos/credentials.js';
import { after, minutes, seconds } from '../../lib/domain/units.js';
import { CmqClient, type CmqConnection, type CmqEffects } from '../../lib/queue/cmq-client.js';
import { START, VirtualClock } from '../support/virtual-clock.js';
import { cmqAddress } from './embedded-cmq.js';

/** An answer's fields and headers, or what is thrown instead of one. */
export type ScriptedAnswer =
  | Error
  | {
      readonly fields: object;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** A call as it was made. */
export interface SeenCall {
  readonly form: Readonly<Record<string, string>>;
  readonly request: WireRequest;
  readonly limits: ExchangeLimits;
}

export const KEY = { secretId: 'AKIDone', secretKey: 'the key' };
export const QUEUE = cmqAddress('cmq://cmq-bj.public.tencenttdmq.com/jobs');

/** More calls than any test makes. */
const MAX_CALLS = 100;

/** A CMQ without sockets that answers as it is told and keeps what it was asked, with a client on it. */
export class ScriptedCmq implements Transport {
  readonly clock = new VirtualClock();
  readonly calls: SeenCall[] = [];
  /** The most calls that were under way at a time. */
  peak = 0;
  readonly #answer: (call: SeenCall, index: number) => ScriptedAnswer;
  #underWay = 0;

  /** @param answer by the call and its number, from 0; of a list, its last for all further ones */
  constructor(answer: readonly ScriptedAnswer[] | ((call: SeenCall, index: number) => ScriptedAnswer)) {
    this.#answer =
      typeof answer === 'function' ? answer : (_, index) => answer[index] ?? answer.at(-1) ?? { fields: {} };
  }

  async exchange(request: WireRequest, limits: ExchangeLimits): Promise<WireResponse> {
    const form = Object.fromEntries(new URLSearchParams(Buffer.from(request.body ?? []).toString()));
    const call = { form, request, limits };
    if (this.calls.push(call) > MAX_CALLS) throw new Error('the same call is made without an end');
    this.#underWay += 1;
    this.peak = Math.max(this.peak, this.#underWay);
    await new Promise(setImmediate);
    this.#underWay -= 1;
    const answer = this.#answer(call, this.calls.indexOf(call));
    if (answer instanceof Error) throw answer;
    const { fields, status = 200, headers = {} } = answer;
    return { status, headers, body: Buffer.from(JSON.stringify(fields)) };
  }

  close(): void {
    // There is nothing to close.
  }

  /** A client with a minute's time, half of each backoff, and a second for an attempt. */
  client(effects: Partial<CmqEffects> = {}, connection: Partial<CmqConnection> = {}): CmqClient {
    const credentials: CredentialsProvider = () => KEY;
    const deadline = after(START, minutes(1));
    return new CmqClient(
      { requestTimeout: seconds(1), ...connection },
      { clock: this.clock, random: () => 0.5, transport: this, credentials, deadline, ...effects },
    );
  }
}
