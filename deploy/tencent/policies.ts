import { parseBucketName, type BucketName } from '../../lib/domain/names.js';
import { parseQueueUrl, type QueueAddress } from '../../lib/queue/open-queue.js';
import { DeployError } from './deploy-error.js';
import { ciBucket, cosObjects, type Policy, type Statement } from './policy.js';
import { makeQueue, sendTo, takeFrom } from './queue-policy.js';
import { NAMESPACE } from './requests.js';

/** What policies are made for. */
export interface PolicySubject {
  readonly region: string;
  /** The run-time variables: which buckets, which queues, which manifest keys. */
  readonly variables: Readonly<Record<string, string>>;
  /** The functions as SCF knows them, with their roles. */
  readonly functions: readonly {
    readonly key: string;
    readonly functionName: string;
    readonly role: string;
  }[];
}

/** Who may take the roles on: SCF, for its functions (SCF, product 583, page 31444). */
export const TRUST_POLICY: Policy = {
  version: '2.0',
  statement: [
    { effect: 'allow', action: ['name/sts:AssumeRole'], principal: { service: ['scf.qcloud.com'] } },
  ],
};

interface Access {
  /** Buckets that jobs are read from and manifests written to. */
  readonly buckets: readonly BucketName[];
  readonly source: BucketName;
  readonly sourceRegion: string;
  readonly manifestPrefix: string;
  /** Where new objects call the submit function. */
  readonly submitPrefix: string | undefined;
  readonly queue: QueueAddress;
  readonly deadLetters: QueueAddress;
  /** Where manifests are told of; undefined where nobody is told. */
  readonly notices: QueueAddress | undefined;
}

/**
 * The policy of each function's role, by the function's key. Every action is named, and every resource is a bucket, or a prefix in one.
 *
 * @throws DeployError when `ALLOWED_BUCKETS` allows all buckets of an account, which no least-privilege policy can say.
 */
export function rolePolicies(subject: PolicySubject): Readonly<Record<string, Policy>> {
  const access = accessOf(subject.variables);
  return Object.fromEntries(
    subject.functions.map(({ key }) => [key, { version: '2.0', statement: statementsFor(key, access) }]),
  );
}

function statementsFor(key: string, access: Access): readonly Statement[] {
  const { queue, deadLetters } = access;
  const tell = access.notices === undefined ? [] : sendTo(access.notices);
  switch (key) {
    case 'poll':
      return [...lookAtJobs(access), ...takeFrom(queue), ...sendTo(deadLetters), ...tell];
    case 'submit':
      return [...createJobs(access), ...sendTo(queue)];
    case 'callback':
      // It looks at the job inline, and sends on what that look does not settle; only the poll function buries.
      return [...lookAtJobs(access), ...sendTo(queue), ...tell];
    default:
      throw new DeployError(
        'no-policy',
        `no policy is known for the function ${key}: add it to deploy/tencent/policies.ts`,
      );
  }
}

function lookAtJobs({ buckets, source, sourceRegion, manifestPrefix }: Access): readonly Statement[] {
  // A bucket's region is not part of its name, and its name with the APPID is unique over all regions: only the source bucket's region is known.
  const regionOf = (bucket: BucketName): string => (bucket === source ? sourceRegion : '*');
  return [
    {
      effect: 'allow',
      // The page of DescribeDocProcessJobs prints the singular action, its table the plural: both are granted (cos-ci-api: 436/121094, 1250/61065).
      action: ['ci:DescribeDocProcessJob', 'ci:DescribeDocProcessJobs'],
      resource: buckets.map((bucket) => ciBucket(bucket, regionOf(bucket))),
    },
    {
      effect: 'allow',
      action: ['name/cos:PutObject', 'name/cos:HeadObject'],
      resource: buckets.map((bucket) => cosObjects(bucket, regionOf(bucket), manifestPrefix)),
    },
  ];
}

function createJobs({ source, sourceRegion, submitPrefix }: Access): readonly Statement[] {
  return [
    {
      effect: 'allow',
      // The list is how a repeated event finds the job that it made before.
      action: ['ci:CreateDocProcessJobs', 'ci:DescribeDocProcessJobs', 'ci:DescribeDocProcessJob'],
      resource: [ciBucket(source, sourceRegion)],
    },
    {
      effect: 'allow',
      action: ['cam:PassRole'],
      // The role that CI works under, made when CI is bound to the first bucket; an empty account is the policy's own (CAM, page 10606).
      resource: ['qcs::cam:::roleName/CI_QCSRole'],
    },
    ...(submitPrefix === undefined
      ? []
      : [
          {
            effect: 'allow' as const,
            // An event does not tell its object's key beyond doubt: the function looks which object it is.
            action: ['name/cos:HeadObject'],
            resource: [cosObjects(source, sourceRegion, submitPrefix)],
          },
        ]),
  ];
}

/**
 * The policy of whoever deploys: these functions, their triggers, their roles, the queue's bucket or queues, and alarms; nothing else. Alarm policies
 * are known by IDs that nobody knows before they are there, and whose deployment they are is not in them.
 */
export function deployerPolicy({ region, functions, variables }: PolicySubject): Policy {
  const { queue, deadLetters } = accessOf(variables);
  return {
    version: '2.0',
    statement: [
      {
        effect: 'allow',
        action: [
          'scf:GetFunction',
          'scf:CreateFunction',
          'scf:UpdateFunctionCode',
          'scf:UpdateFunctionConfiguration',
          'scf:UpdateFunctionEventInvokeConfig',
          'scf:PutReservedConcurrencyConfig',
          'scf:ListTriggers',
          'scf:CreateTrigger',
          'scf:UpdateTrigger',
          'scf:DeleteTrigger',
          'scf:DeleteFunction',
          'scf:InvokeFunction',
        ],
        // SCF, product 583, page 47934; the account left empty is the policy's own.
        resource: functions.map(
          ({ functionName }) => `qcs::scf:${region}::namespace/${NAMESPACE}/function/${functionName}`,
        ),
      },
      {
        effect: 'allow',
        action: ['cam:PassRole'],
        resource: unique(functions.map(({ role }) => `qcs::cam:::roleName/${role}`)),
      },
      ...makeQueue(queue, region),
      // Two prefixes of one bucket are one bucket to see to.
      ...(sameBucket(queue, deadLetters) ? [] : makeQueue(deadLetters, region)),
      ...SET_ALARMS,
    ],
  };
}

/** Which of Cloud Monitor's actions CAM authorizes for single policies and templates: 248/51041. The others it refuses for anything but all (598/67487). */
const SET_ALARMS: readonly Statement[] = [
  {
    effect: 'allow',
    action: [
      'monitor:DescribeAlarmPolicies',
      'monitor:ModifyAlarmPolicyCondition',
      'monitor:ModifyAlarmPolicyNotice',
      'monitor:DeleteAlarmPolicy',
    ],
    resource: ['qcs::monitor::uin/:cm-policy/*'],
  },
  {
    effect: 'allow',
    action: ['monitor:DescribeAlarmNotices', 'monitor:ModifyAlarmPolicyNotice'],
    resource: ['qcs::monitor::uin/:cm-notice/*'],
  },
  {
    effect: 'allow',
    action: [
      'monitor:DescribeAllNamespaces',
      'monitor:DescribeAlarmMetrics',
      'monitor:DescribeBindingPolicyObjectList',
      'monitor:CreateAlarmPolicy',
      'monitor:BindingPolicyObject',
    ],
    resource: ['*'],
  },
];

function sameBucket(one: QueueAddress, other: QueueAddress): boolean {
  return (
    one.kind === 'cos' && other.kind === 'cos' && one.bucket === other.bucket && one.region === other.region
  );
}

function accessOf(variables: Readonly<Record<string, string>>): Access {
  const source = bucketOf(variables['SOURCE_BUCKET'] ?? '');
  const entries = (variables['ALLOWED_BUCKETS'] ?? source).split(',').map((entry) => entry.trim());
  const notices = variables['NOTICE_QUEUE_URL'];
  return {
    buckets: unique([source, ...entries.filter((entry) => entry !== '').map(bucketOf)]),
    source,
    sourceRegion: variables['SOURCE_REGION'] ?? '',
    manifestPrefix: literalPrefix(variables['MANIFEST_KEY'] ?? 'manifests/${jobId}.json'),
    submitPrefix: variables['SUBMIT_PREFIX'],
    queue: queueOf(variables['QUEUE_URL'] ?? ''),
    deadLetters: queueOf(variables['DEAD_LETTER_QUEUE_URL'] ?? ''),
    notices: notices === undefined ? undefined : queueOf(notices),
  };
}

/** What every key made from a template begins with. */
function literalPrefix(template: string): string {
  return template.slice(0, template.indexOf('${'));
}

function bucketOf(text: string): BucketName {
  const bucket = parseBucketName(text);
  if (bucket !== undefined) return bucket;
  throw new DeployError(
    'no-policy',
    `ALLOWED_BUCKETS has the entry ${JSON.stringify(text)}, for which no least-privilege policy can be written: name each bucket, separated by commas`,
  );
}

function queueOf(url: string): QueueAddress {
  const address = parseQueueUrl(url);
  if (address.kind !== 'refused') return address;
  throw new DeployError('no-policy', `no policy can be written for the queue: ${address.problem}`);
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
