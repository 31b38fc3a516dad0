import type { EpochMs } from '../../lib/domain/units.js';
import { Histogram } from './histogram.js';
import {
  linesOf,
  readLogLine,
  type LogEvent,
  type LoggedDeadLetter,
  type LoggedFailure,
  type LoggedReport,
} from './log-lines.js';
import { Timeline } from './timeline.js';

/** Counts by name. */
export type Tallies = ReadonlyMap<string, number>;

/** What happened in one step of the period. */
export interface Step {
  /** Manifests by the state that the job ended in, and dead letters. */
  readonly outcomes: Map<string, number>;
  /** Requests by family: `ci`, `cos`. */
  readonly calls: Map<string, number>;
  readonly staleness: Histogram;
}

/** Failures with one code, logged by one event. */
export interface FailureGroup {
  readonly count: number;
  readonly last: LoggedFailure & { readonly at: EpochMs };
}

/** What the runs of a period came to, as far as they logged it. */
export interface LogSummary {
  /** The first and the last moment that was logged; undefined where nothing was. */
  readonly period: { readonly from: EpochMs; readonly to: EpochMs } | undefined;
  readonly runs: number;
  /** Runs by why they took no further leases; `failed` ones threw. */
  readonly stopped: Tallies;
  readonly leased: number;
  readonly finished: Tallies;
  readonly incomplete: number;
  readonly waiting: number;
  readonly returned: number;
  readonly unsettled: number;
  readonly deadLettered: Tallies;
  /** Looks that failed, by what their error meant. */
  readonly dispositions: Tallies;
  readonly calls: Tallies;
  readonly retries: number;
  readonly staleness: Histogram;
  readonly timeline: Timeline<Step>;
  /** The most frequent first. */
  readonly failures: readonly FailureGroup[];
  /** The latest first; as many as are kept. */
  readonly deadLetters: readonly (LoggedDeadLetter & { readonly at: EpochMs })[];
  /** How many were logged in all. */
  readonly deadLettersLogged: number;
  /** Lines that were read, and those that were of use. */
  readonly lines: { readonly read: number; readonly used: number };
}

/** The latest dead letters are listed; whoever has more looks into the queue. */
const DEAD_LETTERS_KEPT = 1_000;

/** Codes are few; a log that has more is not ours. */
const MOST_GROUPS = 200;

/** Dead letters among the outcomes of a {@link Step}. */
export const DEAD_LETTER = 'dead letter';

/** Sums up a log of any length in bounded memory. What it does not know it counts and leaves out. */
export async function summarizeLog(chunks: AsyncIterable<Uint8Array | string>): Promise<LogSummary> {
  const sums = new Sums();
  for await (const line of linesOf(chunks)) sums.add(readLogLine(line));
  return sums.summary();
}

class Sums {
  readonly #stopped = new Map<string, number>();
  readonly #finished = new Map<string, number>();
  readonly #deadLettered = new Map<string, number>();
  readonly #dispositions = new Map<string, number>();
  readonly #calls = new Map<string, number>();
  readonly #numbers = { leased: 0, incomplete: 0, waiting: 0, returned: 0, unsettled: 0, retries: 0 };
  readonly #staleness = new Histogram();
  readonly #timeline = new Timeline<Step>(
    () => ({ outcomes: new Map(), calls: new Map(), staleness: new Histogram() }),
    (into, from) => {
      addAll(into.outcomes, from.outcomes);
      addAll(into.calls, from.calls);
      into.staleness.merge(from.staleness);
    },
  );
  readonly #failures = new Map<string, FailureGroup>();
  /** A ring: the place of the next one is the count, as far as it goes around. */
  readonly #deadLetters: (LoggedDeadLetter & { readonly at: EpochMs })[] = [];
  #deadLettersLogged = 0;
  #runs = 0;
  #from: EpochMs | undefined;
  #to: EpochMs | undefined;
  #read = 0;
  #used = 0;

  add(event: LogEvent | undefined): void {
    this.#read += 1;
    if (event === undefined) return;
    this.#used += 1;
    const { at } = event;
    if (this.#from === undefined || at < this.#from) this.#from = at;
    if (this.#to === undefined || at > this.#to) this.#to = at;
    switch (event.kind) {
      case 'run':
        this.#addRun(event.report, this.#timeline.at(at));
        return;
      case 'manifest':
        if (event.stalenessMs === null) return;
        this.#staleness.add(event.stalenessMs);
        this.#timeline.at(at).staleness.add(event.stalenessMs);
        return;
      case 'dead-letter':
        this.#deadLetters[this.#deadLettersLogged % DEAD_LETTERS_KEPT] = event;
        this.#deadLettersLogged += 1;
        return;
      case 'failure':
        this.#addFailure(event);
    }
  }

  summary(): LogSummary {
    const latestFirst = <T extends { readonly at: EpochMs }>(one: T, other: T): number => other.at - one.at;
    return {
      period:
        this.#from === undefined || this.#to === undefined ? undefined : { from: this.#from, to: this.#to },
      runs: this.#runs,
      stopped: this.#stopped,
      finished: this.#finished,
      deadLettered: this.#deadLettered,
      dispositions: this.#dispositions,
      calls: this.#calls,
      ...this.#numbers,
      staleness: this.#staleness,
      timeline: this.#timeline,
      failures: [...this.#failures.values()].sort((one, other) => other.count - one.count),
      deadLetters: [...this.#deadLetters].sort(latestFirst),
      deadLettersLogged: this.#deadLettersLogged,
      lines: { read: this.#read, used: this.#used },
    };
  }

  #addRun(report: LoggedReport, step: Step): void {
    const { finished, deadLettered, errors, calls, stopped } = report;
    this.#runs += 1;
    add(this.#stopped, stopped, 1);
    for (const name of ['leased', 'incomplete', 'waiting', 'returned', 'unsettled'] as const) {
      this.#numbers[name] += report[name];
    }
    this.#numbers.retries += calls.retries;
    for (const [state, count] of Object.entries(finished)) {
      add(this.#finished, state, count);
      add(step.outcomes, state, count);
    }
    for (const [reason, count] of Object.entries(deadLettered)) {
      add(this.#deadLettered, reason, count);
      add(step.outcomes, DEAD_LETTER, count);
    }
    for (const [disposition, count] of Object.entries(errors)) add(this.#dispositions, disposition, count);
    for (const [family, count] of Object.entries(calls.attempts)) {
      add(this.#calls, family, count);
      add(step.calls, family, count);
    }
  }

  #addFailure(event: Extract<LogEvent, { kind: 'failure' }>): void {
    const name = `${event.event} ${event.code}`;
    const group = this.#failures.get(name);
    if (group === undefined && this.#failures.size >= MOST_GROUPS) return;
    const isLater = group === undefined || event.at >= group.last.at;
    this.#failures.set(name, { count: (group?.count ?? 0) + 1, last: isLater ? event : group.last });
  }
}

/** Names come from a log: there are no more than this of a kind, or it is not ours. */
const MOST_NAMES = 50;

function add(counts: Map<string, number>, name: string, count: number): void {
  const known = counts.get(name);
  if (known === undefined && counts.size >= MOST_NAMES) return;
  counts.set(name, (known ?? 0) + count);
}

function addAll(into: Map<string, number>, from: Tallies): void {
  for (const [name, count] of from) add(into, name, count);
}
