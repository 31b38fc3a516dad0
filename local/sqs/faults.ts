import { SqsRefusal, type RefusalName } from './refusal.js';

/** What can go wrong on demand. */
export type Fault =
  /** The call is refused, without effect. */
  | { readonly kind: 'refuse'; readonly as: RefusalName }
  /** The entries at these positions of a batch fail, without effect; the others are run. */
  | { readonly kind: 'partial'; readonly entries: readonly number[]; readonly as: RefusalName }
  /** The call takes effect, but its answer never arrives: the connection breaks. */
  | { readonly kind: 'lose-answer' }
  /** The call is run only after this time. */
  | { readonly kind: 'delay'; readonly ms: number };

/** Faults that wait for the calls they are meant for. */
export class Faults {
  readonly #waiting = new Map<string, Fault[]>();

  /** Lets the next `times` calls of `action` go wrong, after those that were to go wrong already. */
  add(action: string, fault: Fault, times: number): void {
    const waiting = this.#waiting.get(action) ?? [];
    this.#waiting.set(action, [...waiting, ...new Array<Fault>(times).fill(fault)]);
  }

  /** The fault for one call of `action`, taken off the list. */
  take(action: string): Fault | undefined {
    return this.#waiting.get(action)?.shift();
  }
}

/** The refusals of single entries by their position. */
export function failingEntries(fault: Fault | undefined): ReadonlyMap<number, SqsRefusal> {
  if (fault?.kind !== 'partial') return new Map();
  const refusal = new SqsRefusal(fault.as, 'This entry was told to fail.');
  return new Map(fault.entries.map((position) => [position, refusal]));
}
