import * as v from 'valibot';
import { ALARM_TYPES, type FakeAlarmType } from './alarm-types.js';
import {
  BindingPolicyObject,
  CreateAlarmPolicy,
  DeleteAlarmPolicy,
  DescribeAlarmMetrics,
  DescribeAlarmNotices,
  DescribeAlarmPolicies,
  DescribeAllNamespaces,
  DescribeBindingPolicyObjectList,
  ModifyAlarmPolicyCondition,
  ModifyAlarmPolicyNotice,
  type FakeCondition,
} from './monitor-parameters.js';
import { ApiRefusal, checked } from './refusal.js';

/** An alarm policy, as it was last set. */
export interface FakePolicy {
  readonly name: string;
  readonly remark: string;
  readonly type: string;
  condition: FakeCondition;
  notices: readonly string[];
  isOn: boolean;
  /** What it is about; null where the type does not know it by these dimensions: such a policy never rings. */
  objects: { readonly region: string; readonly dimensions: Readonly<Record<string, unknown>> | null }[];
}

const OPERATORS = ['gt', 'ge', 'lt', 'le', 'eq', 'ne'];

/** Cloud Monitor's alarm policies. Names are not unique, and what is asked for by name is matched loosely, as there. */
export class FakeMonitor {
  types: readonly FakeAlarmType[] = ALARM_TYPES;
  /** By their IDs: whether each is preset. */
  notices: ReadonlyMap<string, boolean> = new Map([
    ['notice-preset1', true],
    ['notice-ops1', false],
    ['notice-ops2', false],
  ]);
  readonly policies = new Map<string, FakePolicy>();
  /** After how many questions a binding shows. */
  questionsUntilBound = 0;
  #made = 0;

  /** The only policy of this name. */
  policy(name: string): FakePolicy {
    const [policy, ...others] = [...this.policies.values()].filter((each) => each.name === name);
    if (policy === undefined || others.length > 0)
      throw new Error(`there are ${others.length + (policy === undefined ? 0 : 1)} policies ${name}`);
    return policy;
  }

  call(action: string, parameters: unknown): object {
    switch (action) {
      case 'DescribeAllNamespaces':
        checked(DescribeAllNamespaces, parameters);
        return {
          QceNamespacesNew: this.types.map(({ id, metricsOf, regions }) => ({
            Id: id,
            Name: id,
            Value: metricsOf,
            ProductName: id,
            AvailableRegions: regions,
          })),
          CommonNamespaces: null,
        };
      case 'DescribeAlarmMetrics':
        return { Metrics: metricsOf(this.#type(checked(DescribeAlarmMetrics, parameters).Namespace)) };
      case 'DescribeAlarmNotices': {
        const { NoticeIds } = checked(DescribeAlarmNotices, parameters);
        const found = [...this.notices].filter(([id]) => NoticeIds.length === 0 || NoticeIds.includes(id));
        const notices = found.map(([Id, isPreset]) => ({ Id, Name: Id, IsPreset: isPreset ? 1 : 0 }));
        return { TotalCount: notices.length, Notices: notices };
      }
      case 'DescribeAlarmPolicies':
        return this.#list(parameters);
      case 'CreateAlarmPolicy':
        return this.#create(parameters);
      case 'DeleteAlarmPolicy':
        for (const id of checked(DeleteAlarmPolicy, parameters).PolicyIds) {
          this.#policy(id);
          this.policies.delete(id);
        }
        return {};
      default:
        return this.#callOfOne(action, parameters);
    }
  }

  #callOfOne(action: string, parameters: unknown): object {
    switch (action) {
      case 'BindingPolicyObject': {
        const { PolicyId, Dimensions } = checked(BindingPolicyObject, parameters);
        this.#bind(this.#policy(PolicyId), Dimensions);
        return {};
      }
      case 'DescribeBindingPolicyObjectList': {
        const { PolicyId } = checked(DescribeBindingPolicyObjectList, parameters);
        const { objects } = this.#policy(PolicyId);
        if (objects.length > 0 && this.questionsUntilBound-- > 0) return { List: null, Total: 0 };
        const list = objects.map(({ region, dimensions }) => ({
          Region: region,
          Dimensions: dimensions === null ? null : JSON.stringify(dimensions),
        }));
        return { List: list.length === 0 ? null : list, Total: list.length };
      }
      case 'ModifyAlarmPolicyCondition': {
        const { PolicyId, Condition } = checked(ModifyAlarmPolicyCondition, parameters);
        const policy = this.#policy(PolicyId);
        mustFit(Condition, this.#type(policy.type));
        policy.condition = Condition;
        return {};
      }
      case 'ModifyAlarmPolicyNotice': {
        const { PolicyId, NoticeIds } = checked(ModifyAlarmPolicyNotice, parameters);
        this.#mustHaveNotices(NoticeIds);
        this.#policy(PolicyId).notices = NoticeIds;
        return {};
      }
      default:
        throw new ApiRefusal('InvalidAction', `The action ${action} is not known.`);
    }
  }

  #create(parameters: unknown): object {
    const { Namespace, Condition, NoticeIds, ProjectId, ...named } = checked(CreateAlarmPolicy, parameters);
    const type = this.#type(Namespace);
    if (type.hasProjects === true && ProjectId === -1)
      throw new ApiRefusal('InvalidParameterValue', 'The policy type wants a project.');
    mustFit(Condition, type);
    this.#mustHaveNotices(NoticeIds);
    this.#made += 1;
    const id = `policy-${this.#made}`;
    this.policies.set(id, {
      name: named.PolicyName,
      remark: named.Remark,
      type: type.id,
      condition: Condition,
      notices: NoticeIds,
      isOn: true,
      objects: [],
    });
    return { PolicyId: id, OriginId: String(this.#made) };
  }

  #bind(
    policy: FakePolicy,
    objects: readonly { readonly Region: string; readonly Dimensions: unknown }[],
  ): void {
    const type = this.#type(policy.type);
    for (const { Region: region, Dimensions } of objects) {
      if (!type.regions.includes(region))
        throw new ApiRefusal('InvalidParameterValue', `The region ${region} is not one of ${type.id}.`);
      const given = checked(v.record(v.string(), v.string()), Dimensions);
      const isKnown = Object.keys(given).sort().join() === [...type.dimensions].sort().join();
      policy.objects.push({ region, dimensions: isKnown ? given : null });
    }
  }

  #list(parameters: unknown): object {
    const { PolicyName, PageNumber, PageSize } = checked(DescribeAlarmPolicies, parameters);
    const all = [...this.policies].filter(([, { name }]) => name.includes(PolicyName));
    const page = all.slice((PageNumber - 1) * PageSize, PageNumber * PageSize);
    return {
      TotalCount: all.length,
      Policies: page.map(([id, policy]) => ({
        PolicyId: id,
        PolicyName: policy.name,
        Remark: policy.remark,
        MonitorType: 'MT_QCE',
        Namespace: policy.type,
        Enable: policy.isOn ? 1 : 0,
        Condition: {
          ...policy.condition,
          // Numbers come back in the service's own spelling.
          Rules: policy.condition.Rules.map((rule) => ({ ...rule, Value: Number(rule.Value).toFixed(1) })),
        },
        NoticeIds: policy.notices,
      })),
    };
  }

  #policy(id: string): FakePolicy {
    const policy = this.policies.get(id);
    if (policy === undefined) throw new ApiRefusal('ResourceNotFound', `The policy ${id} does not exist.`);
    return policy;
  }

  #type(id: string): FakeAlarmType {
    const type = this.types.find((each) => each.id === id);
    if (type === undefined)
      throw new ApiRefusal('InvalidParameterValue', `The policy type ${id} is not known.`);
    return type;
  }

  #mustHaveNotices(ids: readonly string[]): void {
    const missing = ids.find((id) => !this.notices.has(id));
    if (missing !== undefined)
      throw new ApiRefusal('InvalidParameterValue', `The notice template ${missing} does not exist.`);
  }
}

function metricsOf({ id, metrics, periods, counts, dimensions }: FakeAlarmType): readonly object[] {
  return metrics.map((name) => ({
    Namespace: id,
    MetricName: name,
    Dimensions: dimensions,
    MetricConfig: { Operator: OPERATORS, Period: periods, ContinuePeriod: counts },
  }));
}

function mustFit({ Rules }: FakeCondition, { id, metrics, periods, counts }: FakeAlarmType): void {
  for (const { MetricName, Period, Operator, ContinuePeriod } of Rules) {
    const isOffered =
      metrics.includes(MetricName) &&
      OPERATORS.includes(Operator) &&
      periods.includes(Period) &&
      counts.includes(ContinuePeriod);
    if (!isOffered)
      throw new ApiRefusal('InvalidParameterValue', `${id} does not take this rule on ${MetricName}.`);
  }
}
