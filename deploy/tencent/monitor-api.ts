import * as v from 'valibot';
import { readAnswer } from './api.js';
import type { AlarmCondition, OfferedMetric } from './alarm-condition.js';
import type { WaitEffects } from './functions-api.js';
import type { ApiRequest } from './requests.js';

/** What asking Cloud Monitor works through. */
export type MonitorEffects = Pick<WaitEffects, 'api' | 'region'>;

/** A request to Cloud Monitor. Its policies are the account's, in all regions; binding wants a region all the same (248/40421). */
export function monitorRequest(region: string, action: string, parameters: object): ApiRequest {
  return {
    product: 'monitor',
    action,
    version: '2018-07-24',
    region,
    parameters: { Module: 'monitor', ...parameters },
  };
}

async function ask<T>(
  { api, region }: MonitorEffects,
  action: string,
  parameters: object,
  answer: v.GenericSchema<unknown, T>,
): Promise<T> {
  return readAnswer(action, answer, await api.call(monitorRequest(region, action, parameters)));
}

/** Answers leave out or null what they do not know. */
const text = v.nullish(v.string(), '');
const texts = v.nullish(v.array(v.string()), []);
const numbers = v.nullish(v.array(v.number()), []);

/** A type of alarm policies. */
export interface AlarmType {
  readonly id: string;
  /** The namespace of its metrics, such as `QCE/CVM`. */
  readonly metricsOf: string;
  /** Short names of regions; none where all have it. */
  readonly regions: readonly string[];
}

const Namespaces = v.object({
  QceNamespacesNew: v.nullish(
    v.array(
      v.pipe(
        v.object({ Id: v.string(), Value: text, AvailableRegions: texts }),
        v.transform(({ Id: id, Value: metricsOf, AvailableRegions: regions }): AlarmType => ({
          id,
          metricsOf,
          regions,
        })),
      ),
    ),
    [],
  ),
});

/** All alarm types of Tencent Cloud's services (DescribeAllNamespaces). */
export async function listAlarmTypes(effects: MonitorEffects): Promise<readonly AlarmType[]> {
  const parameters = { SceneType: 'ST_ALARM', MonitorTypes: ['MT_QCE'] };
  return (await ask(effects, 'DescribeAllNamespaces', parameters, Namespaces)).QceNamespacesNew;
}

const Metrics = v.object({
  Metrics: v.nullish(
    v.array(
      v.pipe(
        v.object({
          MetricName: v.string(),
          MetricConfig: v.nullish(
            v.object({ Operator: texts, Period: numbers, ContinuePeriod: numbers }),
            {},
          ),
        }),
        v.transform(({ MetricName, MetricConfig }): OfferedMetric => ({
          name: MetricName,
          operators: MetricConfig.Operator,
          periods: MetricConfig.Period,
          counts: MetricConfig.ContinuePeriod,
        })),
      ),
    ),
    [],
  ),
});

/** What conditions of a type can be about (DescribeAlarmMetrics). */
export async function listMetrics(
  type: AlarmType,
  effects: MonitorEffects,
): Promise<readonly OfferedMetric[]> {
  const parameters = { MonitorType: 'MT_QCE', Namespace: type.id };
  return (await ask(effects, 'DescribeAlarmMetrics', parameters, Metrics)).Metrics;
}

/** A policy as Cloud Monitor describes it. */
export interface PolicyState {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly isOn: boolean;
  readonly condition: AlarmCondition;
  readonly noticeIds: readonly string[];
}

const number = v.nullish(v.number(), 0);

const Condition = v.object({
  IsUnionRule: number,
  Rules: v.nullish(
    v.array(
      v.object({
        MetricName: text,
        Period: number,
        Operator: text,
        Value: text,
        ContinuePeriod: number,
        NoticeFrequency: number,
        IsPowerNotice: number,
      }),
    ),
    [],
  ),
});

const Policies = v.object({
  TotalCount: v.number(),
  Policies: v.nullish(
    v.array(
      v.object({
        PolicyId: v.string(),
        PolicyName: text,
        Remark: text,
        Namespace: text,
        Enable: v.nullish(v.number(), 1),
        Condition: v.nullish(Condition, {}),
        NoticeIds: texts,
      }),
    ),
    [],
  ),
});

/** The most that DescribeAlarmPolicies gives at a time. */
const PAGE = 100;

/** The policies whose names begin so and that have this remark. */
export async function listPolicies(
  { prefix, remark }: { readonly prefix: string; readonly remark: string },
  effects: MonitorEffects,
): Promise<readonly PolicyState[]> {
  const found: PolicyState[] = [];
  for (let page = 1; ; page += 1) {
    const parameters = { PolicyName: prefix, MonitorTypes: ['MT_QCE'], PageNumber: page, PageSize: PAGE };
    const answer = await ask(effects, 'DescribeAlarmPolicies', parameters, Policies);
    for (const policy of answer.Policies) {
      // The name is matched loosely.
      if (!policy.PolicyName.startsWith(prefix) || policy.Remark !== remark) continue;
      found.push({
        id: policy.PolicyId,
        name: policy.PolicyName,
        type: policy.Namespace,
        isOn: policy.Enable === 1,
        condition: policy.Condition,
        noticeIds: policy.NoticeIds,
      });
    }
    if (answer.Policies.length === 0 || page * PAGE >= answer.TotalCount) return found;
  }
}

/** Takes a policy away, with what it is bound to. */
export async function deletePolicy(id: string, { api, region }: MonitorEffects): Promise<void> {
  await api.call(monitorRequest(region, 'DeleteAlarmPolicy', { PolicyIds: [id] }));
}

const Bound = v.object({ List: v.nullish(v.array(v.object({ Dimensions: text })), []) });

/** The dimensions, as JSON, of what a policy is about. */
export async function boundObjects(policyId: string, effects: MonitorEffects): Promise<readonly string[]> {
  // With a policy's ID the group's is to be 0 (DescribeBindingPolicyObjectList).
  const parameters = { GroupId: 0, PolicyId: policyId, Limit: 100, Offset: 0 };
  const { List } = await ask(effects, 'DescribeBindingPolicyObjectList', parameters, Bound);
  return List.map(({ Dimensions }) => Dimensions);
}

const Notices = v.object({
  Notices: v.nullish(v.array(v.object({ Id: v.string(), IsPreset: number })), []),
});

/** A notice template: who is told, and how. */
export interface NoticeTemplate {
  readonly id: string;
  /** Made by Cloud Monitor itself, for the account's owner. */
  readonly isPreset: boolean;
}

/** Notice templates, all of them or those of these IDs that there are (DescribeAlarmNotices: 200 at most). */
export async function listNotices(
  ids: readonly string[],
  effects: MonitorEffects,
): Promise<readonly NoticeTemplate[]> {
  const only = ids.length === 0 ? {} : { NoticeIds: ids };
  const parameters = { PageNumber: 1, PageSize: 200, Order: 'ASC', ...only };
  const answer = await ask(effects, 'DescribeAlarmNotices', parameters, Notices);
  return answer.Notices.map(({ Id, IsPreset }) => ({ id: Id, isPreset: IsPreset === 1 }));
}
