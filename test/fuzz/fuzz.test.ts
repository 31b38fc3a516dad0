import { describe, expect, test } from '@jest/globals';
import { decodeDescribe } from '../../lib/doc-jobs/decode.js';
import { describeDocJob } from '../../lib/doc-jobs/describe.js';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { parseConfig } from '../../lib/config.js';
import { ConfigError } from '../../lib/config-error.js';
import { buildManifest } from '../../lib/manifest/index.js';
import { decide, DEFAULT_MAX_AGE, DEFAULT_UNKNOWN_JOB_GRACE } from '../../lib/poller/decide.js';
import { DEFAULT_SCHEDULE } from '../../lib/poller/schedule.js';
import type { Transport } from '../../lib/cos/transport.js';
import { openCmqQueue } from '../../lib/queue/cmq.js';
import { openSqsQueue } from '../../lib/queue/sqs.js';
import type { PendingQueue, Settlement } from '../../lib/queue/pending-queue.js';
import { parseMessage } from '../../lib/queue/message.js';
import { readDocument } from '../../lib/submit/document.js';
import { JOB_ID } from '../doc-jobs/answers.js';
import { SOURCE } from '../support/pending-jobs.js';
import { callbacksTarget } from './callbacks.js';
import { cmqAnswersTarget } from './cmq-answers.js';
import { campaign, FuzzFinding, type Target } from './campaign.js';
import { configurationTarget } from './configuration.js';
import { messagesTarget } from './messages.js';
import { Random } from './random.js';
import { responsesTarget, type Steps } from './responses.js';
import { sqsAnswersTarget } from './sqs-answers.js';
import { submissionsTarget } from './submissions.js';
import { TARGETS } from './targets.js';

const SEED = 20_260_113;

/** The share of `npm test`; `npm run fuzz` does as many as one likes. */
const CASES: Readonly<Record<string, number>> = {
  responses: 6_000,
  'cmq-answers': 1_500,
  'sqs-answers': 1_500,
};
const FEWER_CASES = 4_000;

describe('the fixed cases', () => {
  test.each(TARGETS.map((target) => [target.name, target] as const))(
    'of %s find nothing',
    async (name, target) => {
      const { outcomes } = await campaign(target, { seed: SEED, cases: CASES[name] ?? FEWER_CASES });
      // They reach both ends: what is taken, and what is refused.
      expect(Object.keys(outcomes).length).toBeGreaterThanOrEqual(2);
    },
  );

  test('of responses reach every kind of decision', async () => {
    const { outcomes } = await campaign(responsesTarget(), { seed: SEED + 1, cases: 2_000 });
    for (const outcome of [
      'Success, complete manifest',
      'Success, incomplete manifest',
      'Success, output refused',
      'Success, look-again',
      'Failed, complete manifest',
      'Cancel, complete manifest',
      'Running, look-again',
      'Unrecognized, look-again',
      'missing, give-up',
      'UndecodableError (transient), look-again',
      'UndecodableError (transient), give-up',
      'ServiceError (credentials), look-again',
    ]) {
      expect(outcomes[outcome]).toBeGreaterThan(0);
    }
  });
});

const POLICY = {
  schedule: DEFAULT_SCHEDULE,
  maxAge: DEFAULT_MAX_AGE,
  unknownJobGrace: DEFAULT_UNKNOWN_JOB_GRACE,
};

/** Closes what a body leaves open, as lenient parsers do. */
function mended(body: Buffer): Buffer {
  const open: string[] = [];
  for (const [, slash, name = '', empty] of body
    .toString('latin1')
    .matchAll(/<(\/?)([\w-]+)[^<>]*?(\/?)>/g)) {
    if (slash === '/') open.pop();
    else if (empty !== '/') open.push(name);
  }
  const ends = open.reverse().map((name) => `</${name}>`);
  return Buffer.concat([body, Buffer.from(ends.join(''))]);
}

type Settle = (queue: PendingQueue, settlements: readonly Settlement[]) => ReturnType<PendingQueue['settle']>;

/** A queue with another way to settle. */
const settledBy = (queue: PendingQueue, settle: Settle): PendingQueue => ({
  capabilities: queue.capabilities,
  enqueue: (jobs, delay) => queue.enqueue(jobs, delay),
  lease: (request) => queue.lease(request),
  settle: (settlements) => settle(queue, settlements),
  close: () => queue.close(),
});

const cmqSettlingBy = (settle: Settle): Target =>
  cmqAnswersTarget((options, effects) => settledBy(openCmqQueue(options, effects), settle));

const sqsSettlingBy = (settle: Settle): Target =>
  sqsAnswersTarget((options, effects) => settledBy(openSqsQueue(options, effects), settle));

const believing: Settle = async (queue, settlements) => {
  await queue.settle(settlements);
  return settlements.map((settlement) => ({ settlement, ok: true }));
};

const deleting: Settle = async (queue, settlements) => {
  await queue.settle(settlements.map(({ lease }) => ({ lease, outcome: { kind: 'done' } })));
  return settlements.map((settlement) => ({ settlement, ok: true }));
};

/** An SQS whose answers tell no MD5. */
const withoutMd5 = (transport: Transport): Transport => ({
  exchange: async (request, limits) => {
    const answer = await transport.exchange(request, limits);
    return { ...answer, body: Buffer.from(answer.body.toString().replaceAll(/"MD5\w*"/g, '"md5"')) };
  },
  close: () => transport.close(),
});

/** Bugs that were real somewhere, or could be. */
const PLANTED: readonly (readonly [bug: string, target: Target])[] = [
  ...Object.entries<Partial<Steps>>({
    'a parser that closes what was cut': {
      describe: (requester) =>
        requester.send({ family: 'ci', ...SOURCE, method: 'GET', path: '/x' }, (response) =>
          decodeDescribe({ ...response, body: mended(response.body) }, JOB_ID),
        ),
    },
    'a list that loses its last page': {
      describe: async (requester) => {
        const found = await describeDocJob(requester, SOURCE, JOB_ID);
        if (found.kind !== 'found' || found.job.state !== 'Success') return found;
        return { ...found, job: { ...found.job, pages: found.job.pages.slice(0, -1) } };
      },
    },
    'a success that is always whole': {
      decide: (observation, about) => {
        const decision = decide(observation, about, POLICY);
        return decision.kind === 'finish' ? { ...decision, complete: true } : decision;
      },
    },
    'a decoder that throws what is no DocjobError': {
      describe: async (requester) => {
        try {
          return await describeDocJob(requester, SOURCE, JOB_ID);
        } catch (error) {
          throw error instanceof UndecodableError
            ? new TypeError('cannot read properties of undefined')
            : error;
        }
      },
    },
    'a job that is given up too soon': {
      decide: (observation, about) =>
        decide(observation, about, { ...POLICY, unknownJobGrace: 0 as typeof POLICY.unknownJobGrace }), // a duration of none
    },
    'a delay without a ceiling': {
      decide: (observation, about) =>
        decide(observation, about, {
          ...POLICY,
          schedule: { ...DEFAULT_SCHEDULE, ceiling: DEFAULT_MAX_AGE },
        }),
    },
    'a manifest of the wrong state': {
      build: (job, complete) => {
        const manifest = buildManifest(job, SOURCE, complete);
        return { ...manifest, job: { ...manifest.job, state: 'Success' } };
      },
    },
  }).map(([bug, steps]) => [bug, responsesTarget(steps)] as const),
  [
    'a bucket that is taken as it comes',
    messagesTarget((body, defaults) => {
      const parsed = parseMessage(body, defaults);
      const bucket = /"bucket":"([^"]*)"/.exec(body)?.[1];
      if (parsed.kind === 'job' || bucket === undefined) return parsed;
      return { kind: 'job', job: { jobId: JOB_ID, ...SOURCE, bucket: bucket as typeof SOURCE.bucket } }; // the bug
    }),
  ],
  [
    'a configuration error that repeats what was set',
    configurationTarget((env) => {
      try {
        return parseConfig(env);
      } catch (error) {
        throw error instanceof ConfigError
          ? new ConfigError([...error.problems, JSON.stringify(env)])
          : error;
      }
    }),
  ],
  [
    'a submission whose pictures come under the prefix that calls for it',
    submissionsTarget((given, defaults, rules, userData) =>
      readDocument(given, defaults, { ...rules, trigger: undefined }, userData),
    ),
  ],
  [
    'a submission for any bucket there is',
    submissionsTarget((given, defaults, rules, userData) =>
      readDocument(given, defaults, { ...rules, isAllowedBucket: () => true }, userData),
    ),
  ],
  [
    'a queue of SQS that hands out what was damaged',
    sqsAnswersTarget((options, effects) =>
      openSqsQueue(options, { ...effects, transport: withoutMd5(effects.transport) }),
    ),
  ],
  ['a queue of CMQ that takes every settlement for one that worked', cmqSettlingBy(believing)],
  ['a queue of SQS that takes every settlement for one that worked', sqsSettlingBy(believing)],
  ['a queue of CMQ whose dead letters are only deleted', cmqSettlingBy(deleting)],
  ['a queue of SQS whose dead letters are only deleted', sqsSettlingBy(deleting)],
  ['a callback whose secret need only begin so', callbacksTarget((path) => path.startsWith('/the-secret'))],
];

describe('a planted bug is found', () => {
  test.each(PLANTED)('%s', async (_bug, target) => {
    await expect(campaign(target, { seed: SEED, cases: 2_000 })).rejects.toThrow(FuzzFinding);
  });

  test('with the command that finds it again', async () => {
    const [, [, target]] = PLANTED as [unknown, readonly [string, Target]]; // the second of them
    const finding = await campaign(target, { seed: 7, cases: 2_000 }).catch((error: unknown) => error);
    const [, seed, number] =
      /npm run fuzz -- --target responses --seed (\d+) --case (\d+)$/.exec(String(finding)) ?? [];
    expect(seed).toBe('7');
    await expect(target.run(new Random(7, Number(number)))).rejects.toThrow('not so: ');
  });
});

test('chance is even, and a case does not depend on its neighbours', () => {
  const draws = Array.from({ length: 10_000 }, (_, number) => new Random(SEED, number).below(10));
  for (let value = 0; value < 10; value += 1) {
    expect(draws.filter((draw) => draw === value).length).toBeGreaterThan(850);
  }
  expect(new Random(SEED, 5).below(1_000_000)).toBe(new Random(SEED, 5).below(1_000_000));
});
