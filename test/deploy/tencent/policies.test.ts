import { describe, expect, test } from '@jest/globals';
import {
  deployerPolicy,
  rolePolicies,
  TRUST_POLICY,
  type PolicySubject,
} from '../../../deploy/tencent/policies.js';
import type { Policy } from '../../../deploy/tencent/policy.js';
import { withoutSecrets } from '../../../deploy/tencent/environment.js';

const BUCKET_QUEUE = {
  SOURCE_BUCKET: 'docs-1250000000',
  SOURCE_REGION: 'ap-beijing',
  ALLOWED_BUCKETS: 'docs-1250000000,pictures-1250000000',
  QUEUE_URL: 'cos://queue-1250000000.ap-guangzhou/docjob/pending/',
  DEAD_LETTER_QUEUE_URL: 'cos://queue-1250000000.ap-guangzhou/docjob/dead/',
};

const CMQ = {
  ...BUCKET_QUEUE,
  QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/pending',
  DEAD_LETTER_QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/dead',
};

function subject(variables: Readonly<Record<string, string>>): PolicySubject {
  const functions = ['poll', 'submit', 'callback'].map((key) => ({
    key,
    functionName: `docjob-dev-${key}`,
    role: `docjob-${key}`,
  }));
  return { region: 'ap-beijing', variables, functions };
}

/** Every action with the resources that it is allowed on. */
function grants(
  { statement }: Policy | undefined = { version: '2.0', statement: [] },
): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const { action, resource = [] } of statement)
    for (const name of action) all[name] = [...(all[name] ?? []), ...resource].sort();
  return all;
}

const SOURCE_CI = 'qcs::ci:ap-beijing:uid/1250000000:bucket/docs-1250000000/*';
const QUEUE = 'qcs::cos:ap-guangzhou:uid/1250000000:queue-1250000000';

test('the poll function looks at jobs, writes manifests, takes from its queue and sends to the dead letters: no more', () => {
  const { poll } = rolePolicies(subject(BUCKET_QUEUE));
  const jobs = ['qcs::ci:*:uid/1250000000:bucket/pictures-1250000000/*', SOURCE_CI];
  const manifests = [
    'qcs::cos:*:uid/1250000000:pictures-1250000000/manifests/*',
    'qcs::cos:ap-beijing:uid/1250000000:docs-1250000000/manifests/*',
  ];
  const checkpoint = `${QUEUE}/docjob/pending.checkpoint.json`;
  expect(grants(poll)).toEqual({
    'ci:DescribeDocProcessJob': jobs,
    'ci:DescribeDocProcessJobs': jobs,
    'name/cos:HeadObject': manifests,
    'name/cos:PutObject': [
      ...manifests,
      `${QUEUE}/docjob/dead/*`,
      checkpoint,
      `${QUEUE}/docjob/pending/*`,
    ].sort(),
    'name/cos:GetObject': [checkpoint, `${QUEUE}/docjob/pending/*`],
    'name/cos:DeleteObject': [`${QUEUE}/docjob/pending/*`],
    'name/cos:GetBucket': [`${QUEUE}/*`],
  });
});

test('a bucket may be listed below the queue’s prefix only', () => {
  const { poll } = rolePolicies(subject(BUCKET_QUEUE));
  expect(poll?.statement.find(({ action }) => action.includes('name/cos:GetBucket'))?.condition).toEqual({
    string_equal: { 'cos:prefix': ['docjob/pending/', 'docjob%2Fpending%2F'] },
  });
});

test('the submit function makes jobs and enqueues them; it can neither take jobs nor write manifests', () => {
  const { submit } = rolePolicies(subject(BUCKET_QUEUE));
  expect(grants(submit)).toEqual({
    'ci:CreateDocProcessJobs': [SOURCE_CI],
    'ci:DescribeDocProcessJob': [SOURCE_CI],
    'ci:DescribeDocProcessJobs': [SOURCE_CI],
    'cam:PassRole': ['qcs::cam:::roleName/CI_QCSRole'],
    'name/cos:PutObject': [`${QUEUE}/docjob/pending/*`],
  });
});

test('where objects call the submit function, it may ask about objects below that prefix', () => {
  const { submit } = rolePolicies(subject({ ...BUCKET_QUEUE, SUBMIT_PREFIX: 'in/' }));
  expect(grants(submit)['name/cos:HeadObject']).toEqual([
    'qcs::cos:ap-beijing:uid/1250000000:docs-1250000000/in/*',
  ]);
});

test('the callback function looks and enqueues; it can neither take jobs, nor make them, nor bury them', () => {
  const { callback } = rolePolicies(subject(BUCKET_QUEUE));
  const jobs = ['qcs::ci:*:uid/1250000000:bucket/pictures-1250000000/*', SOURCE_CI];
  const manifests = [
    'qcs::cos:*:uid/1250000000:pictures-1250000000/manifests/*',
    'qcs::cos:ap-beijing:uid/1250000000:docs-1250000000/manifests/*',
  ];
  expect(grants(callback)).toEqual({
    'ci:DescribeDocProcessJob': jobs,
    'ci:DescribeDocProcessJobs': jobs,
    'name/cos:HeadObject': manifests,
    'name/cos:PutObject': [...manifests, `${QUEUE}/docjob/pending/*`],
  });
});

test('with CMQ the poll function takes from one queue and only sends to the other', () => {
  const { poll } = rolePolicies(subject(CMQ));
  const [pending, dead] = ['qcs::cmqqueue:::queueName/uin/*/pending', 'qcs::cmqqueue:::queueName/uin/*/dead'];
  expect(grants(poll)).toMatchObject({
    'cmqqueue:BatchReceiveMessage': [pending],
    'cmqqueue:BatchDeleteMessage': [pending],
    'cmqqueue:SendMessage': [dead, pending],
  });
});

test('who writes manifests may send notices of them, where these go to CMQ, and take none', () => {
  const variables = { ...BUCKET_QUEUE, NOTICE_QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/notices' };
  const { poll, submit, callback } = rolePolicies(subject(variables));
  const notices = ['qcs::cmqqueue:::queueName/uin/*/notices'];
  for (const policy of [poll, callback]) {
    const ofCmq = Object.entries(grants(policy)).filter(([action]) => action.startsWith('cmqqueue:'));
    expect(Object.fromEntries(ofCmq)).toEqual({
      'cmqqueue:SendMessage': notices,
      'cmqqueue:BatchSendMessage': notices,
    });
  }
  expect(JSON.stringify(submit)).not.toContain('notices');
  expect(JSON.stringify(deployerPolicy(subject(variables)))).not.toContain('notices');
});

test('a key template narrows the manifests to what all keys begin with', () => {
  const { poll } = rolePolicies(subject({ ...BUCKET_QUEUE, MANIFEST_KEY: 'a/b-${bucket}/${jobId}.json' }));
  expect(grants(poll)['name/cos:HeadObject']).toContain(
    'qcs::cos:ap-beijing:uid/1250000000:docs-1250000000/a/b-*',
  );
});

test('all buckets of an account cannot be granted: each is to be named', () => {
  const all = { ...BUCKET_QUEUE, ALLOWED_BUCKETS: '*-1250000000' };
  expect(() => rolePolicies(subject(all))).toThrow('name each bucket');
});

test('a function that nobody wrote a policy for is refused', () => {
  const functions = [{ key: 'other', functionName: 'docjob-dev-other', role: 'docjob-other' }];
  expect(() => rolePolicies({ ...subject(BUCKET_QUEUE), functions })).toThrow(
    'no policy is known for the function other',
  );
});

test('only SCF may take the roles on', () => {
  expect(TRUST_POLICY.statement).toEqual([
    { effect: 'allow', action: ['name/sts:AssumeRole'], principal: { service: ['scf.qcloud.com'] } },
  ]);
});

test('whoever deploys may do so to these functions, with these roles, and see to these queues', () => {
  const granted = grants(deployerPolicy(subject(CMQ)));
  const functions = ['callback', 'poll', 'submit'];
  expect(granted['scf:CreateFunction']).toEqual(
    functions.map((key) => `qcs::scf:ap-beijing::namespace/default/function/docjob-dev-${key}`),
  );
  expect(granted['cam:PassRole']).toEqual(functions.map((key) => `qcs::cam:::roleName/docjob-${key}`));
  expect(granted['tdmq:CreateCmqQueue']).toEqual([
    'qcs::tdmq:ap-beijing::queue/dead',
    'qcs::tdmq:ap-beijing::queue/pending',
  ]);
});

test('whoever deploys may set alarms, and nothing else of Cloud Monitor', () => {
  const granted = Object.entries(grants(deployerPolicy(subject(BUCKET_QUEUE))));
  const policies = 'qcs::monitor::uin/:cm-policy/*';
  const notices = 'qcs::monitor::uin/:cm-notice/*';
  expect(Object.fromEntries(granted.filter(([action]) => action.startsWith('monitor:')))).toEqual({
    'monitor:DescribeAlarmPolicies': [policies],
    'monitor:ModifyAlarmPolicyCondition': [policies],
    'monitor:ModifyAlarmPolicyNotice': [notices, policies],
    'monitor:DeleteAlarmPolicy': [policies],
    'monitor:DescribeAlarmNotices': [notices],
    ...Object.fromEntries(UNNAMED.map((action) => [action, ['*']])),
  });
});

/** What CAM does not authorize for anything narrower than all (CAM, page 67487). */
const UNNAMED = [
  'monitor:DescribeAllNamespaces',
  'monitor:DescribeAlarmMetrics',
  'monitor:DescribeBindingPolicyObjectList',
  'monitor:CreateAlarmPolicy',
  'monitor:BindingPolicyObject',
];

/** A bucket, a queue, a function or a role by its name; an alarm policy or a notice template, which have none before they are there. */
const NAMED =
  /^qcs::monitor::uin\/:cm-(?:policy|notice)\/\*$|^qcs::(?:(?:ci|cos):[a-z*-]+:uid\/1250000000:(?:bucket\/)?[a-z]+-1250000000\/.*|(?:cmqqueue|tdmq|scf|cam):.*\/(?:pending|dead|CI_QCSRole|docjob-[a-z-]+))$/;

describe.each([
  ['bucket queue', BUCKET_QUEUE],
  ['CMQ', CMQ],
])('with a %s', (_name, variables) => {
  test('no policy allows every action of a service, or every resource', () => {
    const all = [...Object.values(rolePolicies(subject(variables))), deployerPolicy(subject(variables))];
    for (const policy of all) {
      for (const [action, resources] of Object.entries(grants(policy))) {
        expect(action).toMatch(/^(?:name\/)?[a-z]+:[A-Za-z]+$/);
        if (UNNAMED.includes(action)) continue;
        for (const resource of resources) expect(resource).toMatch(NAMED);
      }
    }
  });
});

test('a secret is not written down with the requests', () => {
  const parameters = {
    FunctionName: 'f',
    Environment: {
      Variables: [
        { Key: 'CALLBACK_SECRET', Value: 'hush' },
        { Key: 'LOG_LEVEL', Value: 'info' },
      ],
    },
  };
  expect(JSON.stringify(withoutSecrets(parameters))).not.toContain('hush');
  expect(withoutSecrets(parameters)).toMatchObject({
    FunctionName: 'f',
    Environment: { Variables: [{ Key: 'CALLBACK_SECRET' }, { Key: 'LOG_LEVEL', Value: 'info' }] },
  });
});
