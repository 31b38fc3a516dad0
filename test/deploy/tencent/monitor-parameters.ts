import * as v from 'valibot';

/** Cloud Monitor's API 2018-07-24: every action takes its own parameters and no others, and each names the module. */
const Module = v.literal('monitor');

const whole = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

const PolicyId = v.pipe(v.string(), v.regex(/^policy-[a-z0-9]+$/));
const NoticeIds = v.array(v.pipe(v.string(), v.regex(/^notice-[a-z0-9]+$/)));

const MonitorType = v.literal('MT_QCE');

export const DescribeAllNamespaces = v.strictObject({
  Module,
  SceneType: v.literal('ST_ALARM'),
  MonitorTypes: v.optional(v.array(MonitorType)),
  Ids: v.optional(v.array(v.string())),
});

export const DescribeAlarmMetrics = v.strictObject({ Module, MonitorType, Namespace: v.string() });

export const DescribeAlarmNotices = v.strictObject({
  Module,
  PageNumber: whole(1, 10_000),
  PageSize: whole(1, 200),
  Order: v.picklist(['ASC', 'DESC']),
  NoticeIds: v.optional(NoticeIds, []),
});

export const DescribeAlarmPolicies = v.strictObject({
  Module,
  PageNumber: v.optional(whole(1, 10_000), 1),
  PageSize: v.optional(whole(1, 100), 20),
  PolicyName: v.optional(v.string(), ''),
  MonitorTypes: v.optional(v.array(MonitorType)),
});

/** AlarmPolicyCondition; the intervals of notices are the data type's own list. */
const Condition = v.strictObject({
  IsUnionRule: whole(0, 1),
  Rules: v.pipe(
    v.array(
      v.strictObject({
        MetricName: v.string(),
        Period: v.number(),
        Operator: v.string(),
        Value: v.pipe(v.string(), v.regex(/^-?\d+(?:\.\d+)?$/)),
        ContinuePeriod: v.number(),
        NoticeFrequency: v.picklist([0, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400]),
        IsPowerNotice: whole(0, 1),
      }),
    ),
    v.minLength(1),
  ),
});

export type FakeCondition = v.InferOutput<typeof Condition>;

export const CreateAlarmPolicy = v.strictObject({
  Module,
  // The stricter of the two pages: the English one. The Chinese one says 60.
  PolicyName: v.pipe(v.string(), v.minLength(1), v.maxLength(20)),
  MonitorType,
  Namespace: v.string(),
  Remark: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{0,100}$/)), ''),
  ProjectId: v.optional(v.pipe(v.number(), v.integer()), -1),
  Condition,
  NoticeIds: v.optional(NoticeIds, []),
});

export const BindingPolicyObject = v.strictObject({
  Module,
  PolicyId,
  Dimensions: v.pipe(
    v.array(v.strictObject({ Region: v.string(), Dimensions: v.pipe(v.string(), v.parseJson()) })),
    v.minLength(1),
  ),
});

export const DescribeBindingPolicyObjectList = v.strictObject({
  Module,
  // Asked for although the policy's ID makes it nothing.
  GroupId: v.literal(0),
  PolicyId,
  Limit: v.optional(whole(1, 100), 20),
  Offset: v.optional(whole(0, 100_000), 0),
});

export const ModifyAlarmPolicyCondition = v.strictObject({ Module, PolicyId, Condition });

export const ModifyAlarmPolicyNotice = v.strictObject({ Module, PolicyId, NoticeIds });

export const DeleteAlarmPolicy = v.strictObject({
  Module,
  PolicyIds: v.pipe(v.array(PolicyId), v.minLength(1)),
});
