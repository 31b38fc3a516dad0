import { CmqRefusal, type CmqRefusalName } from './refusal.js';

/** What can go wrong on demand. */
export type CmqFault =
  /** The call is refused, without effect. */
  | { readonly kind: 'refuse'; readonly as: CmqRefusalName }
  /** The entries at these positions of a batch delete fail, without effect; the others are run. */
  | { readonly kind: 'partial'; readonly entries: readonly number[]; readonly as: CmqRefusalName }
  /** The call takes effect, but its answer never arrives: the connection breaks. */
  | { readonly kind: 'lose-answer' }
  /** The connection breaks before the call takes effect. */
  | { readonly kind: 'lose-request' }
  /** A receive whose messages are handed to the next one as well. */
  | { readonly kind: 'deliver-twice' }
  /** Something else answers, with this status and body. */
  | { readonly kind: 'answer'; readonly status: number; readonly body: string };

/** Where chance, or a plan, lets calls go wrong. */
export class CmqFaults {
  readonly #waiting = new Map<string, CmqFault[]>();
  /** Asked where no fault waits for a call. */
  chance: (action: string) => CmqFault | undefined = () => undefined;

  /** Lets the next `times` calls of `action` go wrong, after those that were to go wrong already. */
  add(action: string, fault: CmqFault, times: number): void {
    const waiting = this.#waiting.get(action) ?? [];
    this.#waiting.set(action, [...waiting, ...new Array<CmqFault>(times).fill(fault)]);
  }

  /** The fault for one call of `action`, taken off the list. */
  take(action: string): CmqFault | undefined {
    return this.#waiting.get(action)?.shift() ?? this.chance(action);
  }
}

/** The refusals of single entries by their position. */
export function failingEntries(fault: CmqFault | undefined): ReadonlyMap<number, CmqRefusal> {
  if (fault?.kind !== 'partial') return new Map();
  return new Map(fault.entries.map((position) => [position, new CmqRefusal(fault.as)]));
}
