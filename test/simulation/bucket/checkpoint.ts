import type { Dice } from '../core/dice.js';
import type { Scheduler } from '../core/scheduler.js';
import type { SimulatedCos } from '../world/cos.js';

/** What a stored checkpoint claims about a key, read as ADR 1 words it, without any code of `lib/`; nothing where it cannot be read. */
export function servedUntil(checkpoint: Buffer | undefined, key: string): number {
  try {
    const { since, pass } = JSON.parse(checkpoint?.toString('utf8') ?? '') as {
      since: number;
      pass?: { startedAt: number; after: string };
    };
    return pass !== undefined && Buffer.compare(Buffer.from(key), Buffer.from(pass.after)) <= 0
      ? pass.startedAt
      : since;
  } catch {
    return 0;
  }
}

const MISCHIEF = ['lost', 'garbage', 'cut-short', 'stale', 'from-the-future', 'of-another-queue'] as const;

/** Does to the checkpoint what can happen to any object: it is lost, broken, replaced by an older one, or by one that was never right. */
export class CheckpointMischief {
  readonly #cos: SimulatedCos;
  readonly #place: { readonly bucket: string; readonly key: string };
  readonly #dice: Dice;
  /** All that was ever stored. */
  readonly #history: Buffer[] = [];

  constructor(cos: SimulatedCos, place: { readonly bucket: string; readonly key: string }, dice: Dice) {
    this.#cos = cos;
    this.#place = place;
    this.#dice = dice;
  }

  remember(stored: Buffer): void {
    this.#history.push(stored);
  }

  /** Goes on until `until`, each time after `everyMs` at most. */
  begin(scheduler: Scheduler, everyMs: number, until: number, onFault: (kind: string) => void): void {
    const again = (): void => {
      const delay = this.#dice.integer(1, everyMs);
      scheduler.schedule(delay, 'serve', undefined, 'mischief with the checkpoint', () => {
        if (scheduler.now >= until) return;
        this.#act(scheduler.now, onFault);
        again();
      });
    };
    again();
  }

  #act(now: number, onFault: (kind: string) => void): void {
    const { bucket, key } = this.#place;
    const latest = this.#history.at(-1);
    if (latest === undefined) return;
    const kind = this.#dice.pick(MISCHIEF);
    onFault(`checkpoint-${kind}`);
    if (kind === 'lost') this.#cos.remove(bucket, key, now);
    else this.#cos.store(bucket, key, this.#contentOf(kind, latest, now), {}, now);
  }

  #contentOf(kind: Exclude<(typeof MISCHIEF)[number], 'lost'>, latest: Buffer, now: number): Buffer {
    switch (kind) {
      case 'garbage':
        return Buffer.from(Array.from({ length: 30 }, () => this.#dice.integer(0, 255)));
      case 'cut-short':
        return latest.subarray(0, this.#dice.integer(0, latest.length - 2));
      case 'stale':
        return this.#history[this.#dice.integer(0, this.#history.length - 1)] ?? latest;
      case 'from-the-future':
        // Ten minutes and more: no two machines of the service differ by that.
        return this.#with(latest, { since: now + this.#dice.integer(600_000, 86_400_000), pass: undefined });
      case 'of-another-queue':
        return this.#with(latest, { prefix: 'another/', since: now, pass: undefined });
    }
  }

  #with(latest: Buffer, changes: object): Buffer {
    const claim = JSON.parse(latest.toString('utf8')) as object; // stored by the adapter
    return Buffer.from(JSON.stringify({ ...claim, ...changes }));
  }
}
