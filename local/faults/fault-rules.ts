import * as v from 'valibot';
import type { EpochMs } from '../../lib/domain/units.js';
import type { Operation } from '../operation.js';
import { FaultRuleSchema, type Fault, type FaultRule } from './fault.js';
import { seededRandom } from './seeded-random.js';
import { Throttle } from './throttle.js';

type ParsedRule = v.InferOutput<typeof FaultRuleSchema>;

/** A rule that is in force. */
export interface ActiveRule {
  /** How often it has struck. */
  readonly struck: number;
  /** Takes it back. */
  remove(): void;
}

class Rule implements ActiveRule {
  struck = 0;
  readonly rule: ParsedRule;
  readonly #rules: Set<Rule>;
  readonly #throttle: Throttle | undefined;

  constructor(rule: ParsedRule, rules: Set<Rule>) {
    this.rule = rule;
    this.#rules = rules;
    this.#throttle = rule.fault.kind === 'throttle' ? new Throttle(rule.fault) : undefined;
  }

  remove(): void {
    this.#rules.delete(this);
  }

  matches(operation: Operation, path: string): boolean {
    const { match, times } = this.rule;
    return (
      (times === undefined || this.struck < times) &&
      (match.family === undefined || match.family === operation.family) &&
      (match.operation === undefined || match.operation === operation.name) &&
      (match.bucket === undefined || match.bucket === operation.bucket) &&
      (match.pathPrefix === undefined || path.startsWith(match.pathPrefix))
    );
  }

  /** What it does to a request that it matches; nothing where that is not too many for a throttle. */
  faultFor(operation: Operation, now: EpochMs): Fault | undefined {
    const { fault } = this.rule;
    return fault.kind === 'throttle' ? this.#throttle?.refusalFor(operation, now) : fault;
  }
}

/** The faults that are in force, in the order in which they were added. Chance comes from a seed, so a run can be repeated. */
export class FaultRules {
  readonly #rules = new Set<Rule>();
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /**
   * Puts a rule into force.
   *
   * @throws Error that says what is wrong with it.
   */
  add(rule: FaultRule): ActiveRule {
    const active = new Rule(v.parse(FaultRuleSchema, rule), this.#rules);
    this.#rules.add(active);
    return active;
  }

  /** Takes all rules back. */
  clear(): void {
    this.#rules.clear();
  }

  /** The faults that strike a request: latencies and skews together, and the first of the others. */
  strike(operation: Operation, path: string, now: EpochMs): readonly Fault[] {
    const faults: Fault[] = [];
    for (const active of this.#rules) {
      const { probability } = active.rule;
      const { kind } = active.rule.fault;
      const isExtra = kind === 'latency' || kind === 'clock-skew';
      const isTaken = !isExtra && faults.some(({ kind }) => kind !== 'latency' && kind !== 'clock-skew');
      if (isTaken || !active.matches(operation, path)) continue;
      if (probability < 1 && this.#random() >= probability) continue;
      const fault = active.faultFor(operation, now);
      if (fault === undefined) continue;
      active.struck += 1;
      faults.push(fault);
    }
    return faults;
  }
}
