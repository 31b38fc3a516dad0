import { START } from '../../support/virtual-clock.js';
import type { Process } from './process.js';
import type { Trace } from './trace.js';

/** Something that will happen at a moment of virtual time. */
export interface Happening {
  readonly at: number;
  /** Orders what happens at the same moment. */
  readonly tie: number;
  /** `serve` happens at a service, `wake` in a run or on the platform: only then may code of a run go on. */
  readonly kind: 'serve' | 'wake';
  /** Whose it is; undefined for the platform's own. */
  readonly owner: Process | undefined;
  readonly what: string;
  /** It happens because time has passed, not because something arrived. */
  readonly isTimer: boolean;
  readonly act: () => void;
  cancelled: boolean;
}

/** What happens next is decided here. */
export interface Agenda {
  add(happening: Happening): void;
  /** The next one, which is then taken off; undefined when nothing is left. */
  next(): Happening | undefined;
}

/**
 * Resolves when all code that could go on without a further effect has gone on: Node runs the next tick when no promise has anything left to do. A turn
 * of the event loop would do as well, and costs many times as much; only what waits for real time or input needs one, and nothing here may.
 */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Virtual time: it stands still while code runs, and jumps to whatever the agenda gives next. */
export class Scheduler {
  now: number = START;
  /** How many things have happened. */
  steps = 0;
  readonly trace: Trace;
  readonly #agenda: Agenda;
  readonly #random: () => number;

  constructor(agenda: Agenda, random: () => number, trace: Trace) {
    this.#agenda = agenda;
    this.#random = random;
    this.trace = trace;
  }

  schedule(
    delayMs: number,
    kind: Happening['kind'],
    owner: Process | undefined,
    what: string,
    act: () => void,
    isTimer = false,
  ): Happening {
    const at = this.now + Math.max(0, delayMs);
    const happening = { at, tie: this.#random(), kind, owner, what, isTimer, act, cancelled: false };
    this.#agenda.add(happening);
    return happening;
  }

  /** Lets things happen one after the other until nothing is left or `afterEach` says that it is enough. */
  async run(afterEach: () => boolean): Promise<void> {
    await settled();
    for (;;) {
      const happening = this.#agenda.next();
      if (happening === undefined) return;
      if (happening.cancelled || !isStillToHappen(happening)) continue;
      this.now = Math.max(this.now, happening.at);
      this.steps += 1;
      this.trace.add(this.now, happening.owner, happening.kind, happening.what);
      happening.act();
      if (happening.kind === 'wake') await settled();
      if (!afterEach()) return;
    }
  }
}

/** What was on its way when its run was killed may arrive all the same; nobody hears of it. */
function isStillToHappen({ owner, kind }: Happening): boolean {
  if (owner === undefined || owner.isAlive) return true;
  return kind === 'serve' && owner.requestsOutliveIt;
}

/** In the order of time; what happens at the same moment in an order of chance. A binary heap. */
export class AgendaByTime implements Agenda {
  readonly #heap: Happening[] = [];

  add(happening: Happening): void {
    const heap = this.#heap;
    let at = heap.push(happening) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(happening, heap[above])) break;
      this.#move(above, at);
      at = above;
    }
    heap[at] = happening;
  }

  next(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || last === first) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below + 1 < heap.length && isBefore(heap[below + 1], heap[below])) below += 1;
      if (below >= heap.length || !isBefore(heap[below], last)) break;
      this.#move(below, at);
      at = below;
    }
    heap[at] = last;
    return first;
  }

  #move(from: number, to: number): void {
    const happening = this.#heap[from];
    if (happening !== undefined) this.#heap[to] = happening;
  }
}

function isBefore(a: Happening | undefined, b: Happening | undefined): boolean {
  if (a === undefined || b === undefined) return b === undefined;
  return a.at < b.at || (a.at === b.at && a.tie < b.tie);
}
