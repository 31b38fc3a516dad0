/** An alarm type as the fake lists it. */
export interface FakeAlarmType {
  readonly id: string;
  readonly metricsOf: string;
  readonly regions: readonly string[];
  /** By which it knows its objects. */
  readonly dimensions: readonly string[];
  /** Whether a policy must say its project (CreateAlarmPolicy, ProjectId). */
  readonly hasProjects?: boolean;
  readonly metrics: readonly string[];
  readonly periods: readonly number[];
  readonly counts: readonly number[];
}

const REGIONS = ['gz', 'sh', 'bj'];

/** The counts of DescribeAlarmMetrics' own example (248/51283). */
const COUNTS = [1, 2, 3, 4, 5];

/** TDMQ for CMQ (248/50792). */
export const TDMQ_QUEUE: FakeAlarmType = {
  id: 'tdmq_cmq_queue',
  metricsOf: 'QCE/TDMQ',
  regions: REGIONS,
  dimensions: ['environmentId', 'tenantId', 'topicName'],
  metrics: ['CmqQueueMsgBacklog', 'MsgRateIn', 'MsgRateOut', 'StorageSize'],
  periods: [60, 300, 3_600],
  counts: COUNTS,
};

/** CMQ as it was before: what waits and what was asked for are two types (248/34643, 248/50397). */
export const CMQ_HEAP: FakeAlarmType = {
  id: 'CMQ-HEAP-UP',
  metricsOf: 'QCE/CMQ',
  regions: REGIONS,
  dimensions: ['queueId', 'queueName'],
  metrics: ['InvisibleMsgNum', 'VisibleMsgNum'],
  periods: [60, 300],
  counts: COUNTS,
};

/** The same product with all metrics in one type. */
export const CMQ_WHOLE: FakeAlarmType = {
  ...CMQ_HEAP,
  id: 'cmq-queue-whole',
  metrics: ['InvisibleMsgNum', 'VisibleMsgNum', 'RecvMsgNum'],
};

/** SCF (248/45130). */
export const SCF: FakeAlarmType = {
  id: 'SCF',
  metricsOf: 'QCE/SCF_V2',
  regions: REGIONS,
  dimensions: ['appid', 'function_name', 'namespace', 'version'],
  metrics: ['Duration', 'Invocation', 'Error'],
  periods: [60, 300],
  counts: COUNTS,
};

/** Of the same metrics' namespace as ours, and of another one. */
const OTHERS: readonly FakeAlarmType[] = [
  { ...TDMQ_QUEUE, id: 'tdmq_cmq_topic', metrics: ['CmqTopicMsgBacklog', 'MsgRateOut'] },
  { ...SCF, id: 'cvm_device', metricsOf: 'QCE/CVM', dimensions: ['unInstanceId'], metrics: ['CpuUsage'] },
];

/** What an account lists that has all of them. */
export const ALARM_TYPES: readonly FakeAlarmType[] = [...OTHERS, TDMQ_QUEUE, CMQ_HEAP, SCF];
