import type { Process } from '../core/process.js';
import type { CmqCallSeen } from './transport.js';

/** A message that a run sent for a job. */
interface Sent {
  readonly call: CmqCallSeen;
  readonly redrivenAt: number;
  state: 'on its way' | 'known to be there' | 'not known to be there';
}

/**
 * ADR 2's rule against copies that breed, seen from the wire: a run sends one successor for all the copies of a job that it holds. So once it knows a successor to
 * be there, or has one on its way, it sends another one only for a copy that it received later, or for one that was redriven later.
 */
export class CopyRule {
  readonly #sent = new Map<string, Sent[]>();
  readonly #received = new Map<string, number>();

  onReceived(process: Process, subject: string, now: number): void {
    this.#received.set(keyOf(process, subject), now);
  }

  /** A successor took effect; tells what is wrong with that. */
  onSent(process: Process, subject: string, call: CmqCallSeen, redrivenAt: number): string | undefined {
    const key = keyOf(process, subject);
    const before = this.#sent.get(key) ?? [];
    const receivedAt = this.#received.get(key) ?? Number.NEGATIVE_INFINITY;
    const needless = before.find(
      (one) =>
        one.state === 'on its way' ||
        (one.state === 'known to be there' && receivedAt < one.call.begunAt && redrivenAt <= one.redrivenAt),
    );
    this.#sent.set(key, [...before, { call, redrivenAt, state: 'on its way' }]);
    return needless === undefined
      ? undefined
      : `run ${process.id} sent another copy of ${subject}, although one was ${needless.state} that was sent for all it held`;
  }

  /** What became of the sends of a call. */
  onEnded(process: Process, call: CmqCallSeen, isKnown: boolean): void {
    for (const [key, sent] of this.#sent) {
      if (!key.startsWith(`${process.id} `)) continue;
      for (const one of sent)
        if (one.call === call && one.state === 'on its way')
          one.state = isKnown ? 'known to be there' : 'not known to be there';
    }
  }
}

const keyOf = (process: Process, subject: string): string => `${process.id} ${subject}`;
