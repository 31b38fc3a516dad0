import type { Alarm, AlarmRule, AlarmView } from './alarms.js';

/** A metric as Cloud Monitor offers it for alarms of one type. */
export interface OfferedMetric {
  readonly name: string;
  readonly operators: readonly string[];
  /** In seconds. */
  readonly periods: readonly number[];
  /** For how many periods in a row a condition may be asked to hold. */
  readonly counts: readonly number[];
}

/** The trigger condition of a policy, in the API's own words (CreateAlarmPolicy, AlarmPolicyCondition). */
export interface AlarmCondition {
  /** 1: all rules, 0: any. */
  readonly IsUnionRule: number;
  readonly Rules: readonly {
    readonly MetricName: string;
    readonly Period: number;
    readonly Operator: string;
    readonly Value: string;
    readonly ContinuePeriod: number;
    readonly NoticeFrequency: number;
    /** 0: notices come at even intervals. */
    readonly IsPowerNotice: number;
  }[];
}

/** A condition that Cloud Monitor can be given, or why there is none. */
export type Fitted =
  | { readonly kind: 'condition'; readonly condition: AlarmCondition }
  | { readonly kind: 'unlisted'; readonly why: string };

/** One view of an alarm as a condition in what is offered. Conditions that must hold together are looked at over the same times. */
export function fitCondition(
  { isAllNeeded, repeatSeconds }: Pick<Alarm, 'isAllNeeded' | 'repeatSeconds'>,
  { rules }: Pick<AlarmView, 'rules'>,
  offered: readonly OfferedMetric[],
): Fitted {
  const pairs = rules.map((rule) => ({ rule, metric: offeredFor(rule, offered) }));
  const all = pairs.flatMap(({ metric }) => (metric === undefined ? [] : [metric]));
  const fitted: AlarmCondition['Rules'][number][] = [];
  for (const { rule, metric } of pairs) {
    if (metric === undefined)
      return unlisted(`has no metric ${rule.metric} with the operator ${rule.operator}`);
    const times = longestTimes(rule, isAllNeeded ? all : [metric]);
    if (times === undefined)
      return unlisted(`offers no period for ${rule.metric} within ${timeOf(rule.heldSeconds)}`);
    fitted.push({
      MetricName: metric.name,
      Period: times.period,
      Operator: rule.operator,
      Value: String(rule.value),
      ContinuePeriod: times.count,
      NoticeFrequency: repeatSeconds,
      IsPowerNotice: 0,
    });
  }
  return { kind: 'condition', condition: { IsUnionRule: isAllNeeded ? 1 : 0, Rules: fitted } };
}

function unlisted(why: string): Fitted {
  return { kind: 'unlisted', why };
}

/** Documents do not agree on the capitals of metrics: those of the list count. */
function offeredFor(
  { metric, operator }: AlarmRule,
  offered: readonly OfferedMetric[],
): OfferedMetric | undefined {
  return offered.find(
    ({ name, operators }) => name.toLowerCase() === metric.toLowerCase() && operators.includes(operator),
  );
}

interface Times {
  readonly period: number;
  readonly count: number;
}

/** The longest time within a rule's own that all these metrics can be held to, in the longest periods. */
function longestTimes(
  { heldSeconds, periodSeconds }: AlarmRule,
  metrics: readonly OfferedMetric[],
): Times | undefined {
  const [first, ...others] = metrics;
  if (first === undefined) return undefined;
  return first.periods
    .filter((period) => period === (periodSeconds ?? period))
    .filter((period) => others.every(({ periods }) => periods.includes(period)))
    .flatMap((period) => first.counts.map((count) => ({ period, count })))
    .filter(({ count }) => others.every(({ counts }) => counts.includes(count)))
    .filter(({ period, count }) => period * count <= heldSeconds)
    .sort((one, other) => other.period * other.count - one.period * one.count || other.period - one.period)
    .at(0);
}

const SIGNS: Readonly<Record<string, string>> = { gt: '>', ge: '>=', lt: '<', le: '<=' };

/** A condition in words: `CmqQueueMsgBacklog > 0 for 3 hours and MsgRateOut <= 0 for 3 hours`. */
export function wordsOf({ IsUnionRule, Rules }: AlarmCondition): string {
  return Rules.map(
    ({ MetricName, Operator, Value, Period, ContinuePeriod }) =>
      `${MetricName} ${SIGNS[Operator] ?? Operator} ${Number(Value)} for ${timeOf(Period * ContinuePeriod)}`,
  ).join(IsUnionRule === 1 ? ' and ' : ' or ');
}

/** Whether two conditions say the same: the service may spell a number in other ways. */
export function sameCondition(one: AlarmCondition, other: AlarmCondition): boolean {
  const plain = ({ IsUnionRule, Rules }: AlarmCondition): string =>
    JSON.stringify([
      // With one rule there is no difference between all and any.
      Rules.length === 1 ? 1 : IsUnionRule,
      ...Rules.map((rule) => [
        rule.MetricName,
        rule.Period,
        rule.Operator,
        Number(rule.Value),
        rule.ContinuePeriod,
        rule.NoticeFrequency,
        rule.IsPowerNotice,
      ]),
    ]);
  return plain(one) === plain(other);
}

function timeOf(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} hour${seconds === 3_600 ? '' : 's'}`;
  if (seconds % 60 === 0) return `${seconds / 60} minute${seconds === 60 ? '' : 's'}`;
  return `${seconds} seconds`;
}
