import type { Agenda, Happening } from './scheduler.js';

/**
 * Explores all orders in which requests of different runs can be served. Each run's own requests keep their order of time; whenever more than one
 * run has a request under way, which is served next is a choice. Choices are taken depth first: a schedule is the list of choices of one execution,
 * and {@link Explorer.next} gives the next one to try.
 */
export class Explorer {
  /** The choices of the execution at hand, and how many alternatives each had. */
  readonly #choices: { taken: number; readonly of: number }[] = [];
  #at = 0;
  #explored = 0;
  readonly #maxSwitches: number;

  /** @param maxSwitches how often a run may be left although it could go on (a preemption bound): the number of orders grows with it */
  constructor(maxSwitches: number) {
    this.#maxSwitches = maxSwitches;
  }

  get explored(): number {
    return this.#explored;
  }

  /** Prepares the next execution; false when all have been. */
  next(): boolean {
    if (this.#explored > 0) {
      for (;;) {
        const last = this.#choices.at(-1);
        if (last === undefined) return false;
        if (last.taken + 1 < last.of) {
          last.taken += 1;
          break;
        }
        this.#choices.pop();
      }
    }
    this.#at = 0;
    this.#explored += 1;
    return true;
  }

  /** The agenda of one execution. */
  agenda(): Agenda {
    return new AgendaByChoice((of) => this.#choose(of), this.#maxSwitches);
  }

  #choose(of: number): number {
    const given = this.#choices[this.#at];
    this.#at += 1;
    if (given !== undefined) return given.taken;
    this.#choices.push({ taken: 0, of });
    return 0;
  }
}

/** Orders are explored between the first two runs; what comes after them clears up in its time. */
const CHOSEN_RUNS = 2;

class AgendaByChoice implements Agenda {
  readonly #waiting: Happening[] = [];
  readonly #choose: (of: number) => number;
  #switchesLeft: number;
  #running: Happening['owner'];

  constructor(choose: (of: number) => number, maxSwitches: number) {
    this.#choose = choose;
    this.#switchesLeft = maxSwitches;
  }

  add(happening: Happening): void {
    this.#waiting.push(happening);
  }

  next(): Happening | undefined {
    const happening = this.#pick();
    if (happening !== undefined) this.#waiting.splice(this.#waiting.indexOf(happening), 1);
    return happening;
  }

  /** The platform's own and timers come in their time; before that, whatever a run has under way may come in any order between runs. */
  #pick(): Happening | undefined {
    const soonest = this.#waiting
      .filter(({ cancelled }) => !cancelled)
      .sort((a, b) => a.at - b.at || a.tie - b.tie);
    const [first] = soonest;
    if (first === undefined) return this.#waiting[0];
    if (first.owner === undefined || first.owner.id > CHOSEN_RUNS) return first;
    // An answer only lets its run go on to its next request: when it comes does not matter to anybody else.
    const answer = soonest.find(
      ({ kind, isTimer, owner }) => kind === 'wake' && !isTimer && owner !== undefined,
    );
    if (answer !== undefined) return answer;
    const heads = new Map<Happening['owner'], Happening>();
    for (const happening of soonest) {
      if (happening.owner === undefined || happening.owner.id > CHOSEN_RUNS || happening.isTimer) continue;
      if (!heads.has(happening.owner)) heads.set(happening.owner, happening);
    }
    if (heads.size === 0) return first;
    const own = heads.get(this.#running);
    const others = [...heads.values()]
      .filter((happening) => happening !== own)
      .sort((a, b) => (a.owner?.id ?? 0) - (b.owner?.id ?? 0));
    const options = own === undefined ? others : this.#switchesLeft > 0 ? [own, ...others] : [own];
    const chosen = options.length === 1 ? options[0] : options[this.#choose(options.length)];
    if (own !== undefined && chosen !== own) this.#switchesLeft -= 1;
    this.#running = chosen?.owner;
    return chosen;
  }
}
