import { fitCondition, type AlarmCondition } from './alarm-condition.js';
import type { Alarm, AlarmObject, AlarmView } from './alarms.js';
import { describeCmqQueue } from './cmq-api.js';
import { listMetrics, type AlarmType, type MonitorEffects } from './monitor-api.js';
import { regionCode } from './region-code.js';

/** A policy that Cloud Monitor can be given: everything in it is what it lists itself. */
export interface AlarmPlan {
  readonly type: AlarmType;
  readonly condition: AlarmCondition;
  /** The dimensions of what it is about. */
  readonly object: Readonly<Record<string, string>>;
  /** The object's region as the type lists it. */
  readonly region: string;
}

/** What keeps an alarm from being set that is not ours to mend: it is said, with the step that is left, and the deployment goes on. */
export class NotSettable extends Error {
  override readonly name = 'NotSettable';
}

/**
 * An alarm in what Cloud Monitor lists for this account: the first of its views for which a type has all the metrics, the known type before others.
 *
 * @throws NotSettable saying what is missing in the first view.
 */
export async function planFor(
  alarm: Alarm,
  types: readonly AlarmType[],
  effects: MonitorEffects,
): Promise<AlarmPlan> {
  const problems: string[] = [];
  for (const view of alarm.views) {
    const candidates = typesFor(view, types);
    if (candidates.length === 0) problems.push(`Cloud Monitor lists no alarm type for ${view.metricsOf}`);
    for (const type of candidates) {
      const fitted = fitCondition(alarm, view, await listMetrics(type, effects));
      if (fitted.kind === 'unlisted') {
        problems.push(`Cloud Monitor's alarm type ${type.id} ${fitted.why}`);
        continue;
      }
      const region = regionIn(type, effects.region);
      return { type, condition: fitted.condition, object: await dimensionsOf(view.object, effects), region };
    }
  }
  throw new NotSettable(problems[0] ?? 'there is no metric for it');
}

/** The type that is known goes first, and the others in their own order. */
function typesFor(
  { metricsOf, knownType }: Pick<AlarmView, 'metricsOf' | 'knownType'>,
  types: readonly AlarmType[],
): readonly AlarmType[] {
  const candidates = types.filter((type) => type.metricsOf.toUpperCase() === metricsOf);
  return [
    ...candidates.filter(({ id }) => id === knownType),
    ...candidates.filter(({ id }) => id !== knownType),
  ];
}

/** A region by its short or its long name, whichever the type lists. */
function regionIn({ id, regions }: AlarmType, region: string): string {
  const code = regionCode(region) ?? region;
  if (regions.length === 0 || regions.includes(code)) return code;
  if (regions.includes(region)) return region;
  throw new NotSettable(`Cloud Monitor's alarm type ${id} does not list the region ${region} (${code})`);
}

async function dimensionsOf(object: AlarmObject, effects: MonitorEffects): Promise<AlarmPlan['object']> {
  if (object.kind === 'function') return object.dimensions;
  const { queueName } = object;
  const queue = await describeCmqQueue(effects.api, effects.region, queueName);
  const { QueueId: id = '', NamespaceName: namespace = '' } = queue ?? {};
  switch (object.kind) {
    case 'tdmq-queue':
      if (id === '' || namespace === '')
        throw new NotSettable(`TDMQ does not tell the ID and the namespace of ${queueName}`);
      // TDMQ for CMQ, monitoring metrics (248/50792) tells which field is which dimension.
      return { environmentId: namespace, tenantId: id, topicName: queueName };
    case 'cmq-queue':
      if (id === '') throw new NotSettable(`TDMQ does not tell the ID of ${queueName}`);
      // CMQ, queue service monitoring metrics (248/34643).
      return { queueId: id, queueName };
  }
}
