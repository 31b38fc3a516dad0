import { appIdOf, parseBucketName, type BucketName } from '../../lib/domain/names.js';
import { parseQueueUrl, type QueueAddress } from '../../lib/queue/open-queue.js';
import { DeployError } from './deploy-error.js';
import { NAMESPACE } from './requests.js';

/** One statement of a CAM policy (CAM, product 598, page 10604). */
export interface Statement {
  readonly effect: 'allow';
  readonly action: readonly string[];
  readonly resource?: readonly string[];
  readonly principal?: { readonly service: readonly string[] };
  readonly condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** A CAM policy document. */
export interface Policy {
  readonly version: '2.0';
  readonly statement: readonly Statement[];
}

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

/** Who may take the roles on: SCF, for its functions (SCF, product 583, page 47933). */
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
  switch (key) {
    case 'poll':
      return [...lookAtJobs(access), ...takeFrom(queue), ...sendTo(deadLetters)];
    case 'submit':
      return [...createJobs(access), ...sendTo(queue)];
    case 'callback':
      // It looks at the job inline, and sends on what that look does not settle.
      return [...lookAtJobs(access), ...sendTo(queue), ...sendTo(deadLetters)];
    default:
      throw new DeployError(
        'no-policy',
        `no policy is known for the function ${key}: add it to deploy/tencent/policies.ts`,
      );
  }
}

/** CI documents no resource narrower than all of a bucket (CI, product 460, page 104297). */
const ciBucket = (bucket: string, region: string): string =>
  `qcs::ci:${region}:uid/${appIdOfName(bucket)}:bucket/${bucket}/*`;

const cosObject = (bucket: string, region: string, key: string): string =>
  `qcs::cos:${region}:uid/${appIdOfName(bucket)}:${bucket}/${key}`;

const cosObjects = (bucket: string, region: string, prefix: string): string =>
  cosObject(bucket, region, `${prefix}*`);

/** CMQ, product 406, page 34255: the name stands after its creator's UIN, which nobody knows before the queue is there. */
const cmqQueue = (name: string): string => `qcs::cmqqueue:::queueName/uin/*/${name}`;

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

function takeFrom(queue: QueueAddress): readonly Statement[] {
  switch (queue.kind) {
    case 'cos': {
      const { bucket, region, prefix } = queue;
      return [
        {
          effect: 'allow',
          action: ['name/cos:GetObject', 'name/cos:PutObject', 'name/cos:DeleteObject'],
          resource: [cosObjects(bucket, region, prefix)],
        },
        {
          effect: 'allow',
          // The note of the last complete pass, beside the pending jobs and not among them.
          action: ['name/cos:GetObject', 'name/cos:PutObject'],
          resource: [cosObject(bucket, region, `${prefix.slice(0, -1)}.checkpoint.json`)],
        },
        {
          effect: 'allow',
          action: ['name/cos:GetBucket'],
          resource: [cosObjects(bucket, region, '')],
          // Listings of the queue only (COS, product 436, page 46206). The page shows a prefix without a slash; users report that a slash must be
          // URL-encoded here: both spellings are given.
          condition: { string_equal: { 'cos:prefix': [prefix, encodeURIComponent(prefix)] } },
        },
      ];
    }
    case 'cmq':
      return [
        {
          effect: 'allow',
          action: [
            'cmqqueue:ReceiveMessage',
            'cmqqueue:BatchReceiveMessage',
            'cmqqueue:DeleteMessage',
            'cmqqueue:BatchDeleteMessage',
            // Looking again is sending a delayed copy.
            'cmqqueue:SendMessage',
            'cmqqueue:BatchSendMessage',
          ],
          resource: [cmqQueue(queue.queueName)],
        },
      ];
    case 'sqs':
      // AWS has its own identities.
      return [];
  }
}

function sendTo(queue: QueueAddress): readonly Statement[] {
  switch (queue.kind) {
    case 'cos':
      return [
        {
          effect: 'allow',
          action: ['name/cos:PutObject'],
          resource: [cosObjects(queue.bucket, queue.region, queue.prefix)],
        },
      ];
    case 'cmq':
      return [
        {
          effect: 'allow',
          action: ['cmqqueue:SendMessage', 'cmqqueue:BatchSendMessage'],
          resource: [cmqQueue(queue.queueName)],
        },
      ];
    case 'sqs':
      return [];
  }
}

/** The policy of whoever deploys: these functions, their triggers, their roles and the queue's bucket or queues, and nothing else. */
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
      ...unique([queue, deadLetters].map((address) => JSON.stringify(makeQueue(address, region))))
        .map((statement) => JSON.parse(statement) as Statement | null)
        .filter((statement) => statement !== null),
    ],
  };
}

function makeQueue(address: QueueAddress, region: string): Statement | null {
  switch (address.kind) {
    case 'cos':
      return {
        effect: 'allow',
        action: ['name/cos:HeadBucket'],
        resource: [cosObjects(address.bucket, address.region, '')],
      };
    case 'cmq':
      return {
        effect: 'allow',
        action: ['tdmq:DescribeCmqQueues', 'tdmq:CreateCmqQueue'],
        resource: [`qcs::tdmq:${region}::queue/${address.queueName}`],
      };
    case 'sqs':
      return null;
  }
}

function accessOf(variables: Readonly<Record<string, string>>): Access {
  const source = bucketOf(variables['SOURCE_BUCKET'] ?? '');
  const entries = (variables['ALLOWED_BUCKETS'] ?? source).split(',').map((entry) => entry.trim());
  return {
    buckets: unique([source, ...entries.filter((entry) => entry !== '').map(bucketOf)]),
    source,
    sourceRegion: variables['SOURCE_REGION'] ?? '',
    manifestPrefix: literalPrefix(variables['MANIFEST_KEY'] ?? 'manifests/${jobId}.json'),
    submitPrefix: variables['SUBMIT_PREFIX'],
    queue: queueOf(variables['QUEUE_URL'] ?? ''),
    deadLetters: queueOf(variables['DEAD_LETTER_QUEUE_URL'] ?? ''),
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

function appIdOfName(bucket: string): string {
  return appIdOf(bucketOf(bucket));
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
