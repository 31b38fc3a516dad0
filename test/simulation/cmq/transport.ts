import { setMaxListeners } from 'node:events';
import { TransportError } from '../../../lib/cos/errors/transport-error.js';
import type { ExchangeLimits, Transport, WireRequest, WireResponse } from '../../../lib/cos/transport.js';
import type { CmqReply, LocalCmq } from '../../../local/cmq/index.js';
import type { Dice } from '../core/dice.js';
import type { Ending, Process } from '../core/process.js';

/** What the world wants to know of each call. */
export interface CmqTraffic {
  /** It took effect at the service, as far as it did. */
  onServed(process: Process, call: CmqCallSeen): void;
  /** The run has the answer. */
  onAnswered(process: Process, call: CmqCallSeen, answer: unknown): void;
  /** The run hears that there is none. */
  onFailed(process: Process, call: CmqCallSeen): void;
}

/** A call as it goes over the wire. */
export interface CmqCallSeen {
  readonly action: string;
  /** When the run began with it: with its first attempt, if the service refused that one for now. */
  readonly begunAt: number;
}

/** Carries one run's calls to the embedded CMQ without sockets, in virtual time. */
export function cmqTransport(
  process: Process,
  cmq: LocalCmq,
  about: { readonly latency: () => number; readonly dice: Dice; readonly traffic: CmqTraffic },
): Transport {
  const begun = new Map<string, number>();
  return {
    exchange: (request, limits) => {
      if (limits.signal.aborted) return Promise.reject(limits.signal.reason as Error); // as the real one does, whatever the reason is
      return process.effect<WireResponse>(request.asked, (ending) => {
        carry(process, cmq, { ...about, request, limits, ending, begun });
      });
    },
    close: () => undefined,
  };
}

interface Carried {
  readonly latency: () => number;
  readonly dice: Dice;
  readonly traffic: CmqTraffic;
  readonly request: WireRequest;
  readonly limits: ExchangeLimits;
  readonly ending: Ending<WireResponse>;
  /** When what is sent was first sent. */
  readonly begun: Map<string, number>;
}

function carry(process: Process, cmq: LocalCmq, carried: Carried): void {
  const { latency, dice, traffic, request, limits, ending, begun } = carried;
  const { asked } = request;
  const form = new URLSearchParams(Buffer.from(request.body ?? []).toString('utf8'));
  const said = [...form].filter(([name]) => name.startsWith('msgBody')).join();
  const begunAt = begun.get(said) ?? process.scheduler.now;
  if (said !== '') begun.set(said, begunAt);
  const call = { action: form.get('Action') ?? '', begunAt };
  let isOpen = true;
  const end = (finish: () => void): void => {
    if (!isOpen) return;
    isOpen = false;
    limits.signal.removeEventListener('abort', onAbort);
    finish();
  };
  const fail = (error: unknown): void =>
    end(() => {
      traffic.onFailed(process, call);
      ending.reject(error);
    });
  const onAbort = (): void => fail(limits.signal.reason);
  // All runs share a signal that never aborts, and calls of killed ones stay on it.
  setMaxListeners(0, limits.signal);
  limits.signal.addEventListener('abort', onAbort, { once: true });
  const timer = process.timer(limits.timeout, `${asked}: no answer within ${limits.timeout} ms`, () =>
    fail(new TransportError('timeout', `${asked} failed: timeout`)),
  );
  const answer = (reply: CmqReply | undefined): void => {
    // A connection that breaks is seen at once, or never.
    if (reply === undefined && dice.chance(0.5)) return;
    timer.cancelled = true;
    if (reply === undefined) fail(new TransportError('connection', `${asked} failed: connection`));
    else
      end(() => {
        traffic.onAnswered(process, call, parsed(reply.body));
        ending.resolve(reply);
      });
  };
  const serve = (): void => {
    const reply = exchangeNow(cmq, request);
    traffic.onServed(process, call);
    process.wake(latency(), `${asked} answered`, () => void reply.then(answer));
  };
  process.serve(latency(), asked, () => {
    const wait = form.get('Action') === 'BatchReceiveMessage' ? holdMs(process, cmq, form) : 0;
    if (wait === 0) serve();
    else process.serve(wait, `${asked}, waited`, serve);
  });
}

/** How long the service holds a receive back: until a message becomes visible, or the wait is over. */
function holdMs(process: Process, cmq: LocalCmq, form: URLSearchParams): number {
  const { now } = process.scheduler;
  const waitMs = 1_000 * Number(form.get('pollingWaitSeconds') ?? '0');
  const moments = cmq.control.messages(form.get('queueName') ?? '').map(({ visibleAt }) => visibleAt - now);
  return Math.max(0, Math.min(waitMs, ...moments));
}

/** The call takes effect at once; a receive that finds nothing ends with that, and waits for no real time. */
function exchangeNow(cmq: LocalCmq, { target, method, path, headers, body }: WireRequest) {
  const abandoned = { aborted: false };
  const contentType = headers['content-type'];
  const request = { method, host: target.host, target: path, contentType, body: Buffer.from(body ?? []) };
  const reply = cmq.exchange({ ...request, abandoned });
  abandoned.aborted = true;
  cmq.control.advanced();
  return reply;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
