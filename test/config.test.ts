import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../lib/config-error.js';
import { parseCallbackConfig } from '../lib/callback/config.js';
import { parseConfig, parseServiceConfig } from '../lib/config.js';
import { epochMs } from '../lib/domain/units.js';
import { parseSubmitConfig } from '../lib/submit/config.js';
import { EnvReader } from '../lib/env-reader.js';
import { readStoredCredentials } from '../lib/platform/credentials-place.js';
import { readSsmAccess } from '../lib/platform/get-parameter.js';
import { aBucket } from './support/pending-jobs.js';

const NEEDED = {
  QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/pending',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/dead',
  SOURCE_BUCKET: 'docs-1250000000',
  SOURCE_REGION: 'ap-beijing',
};

const SECRET = 'kX3-9fQ_w7LmZ2pRtYb8uVc5nHs4gJd1';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function pick({ client, source, keyTemplate }: ReturnType<typeof parseServiceConfig>): unknown {
  return { client, source, keyTemplate };
}

describe('the queue for notices', () => {
  const [SQS, CMQ] = [
    'https://sqs.eu-central-1.amazonaws.com/123456789012/notices',
    'cmq://cmq-bj.public.tencenttdmq.com/notices',
  ];
  const onCmq = {
    ...NEEDED,
    QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/jobs',
    DEAD_LETTER_QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/dead',
    CMQ_MAX_UNACKED_SECONDS: '43200',
  };

  test('is none unless it is set', () => {
    expect(parseConfig(NEEDED).notices).toBeUndefined();
  });

  test.each([
    ['sqs', 'sqs', NEEDED, SQS],
    ['cmq', 'sqs', NEEDED, CMQ],
    ['sqs', 'cmq', onCmq, SQS],
    ['cmq', 'cmq', onCmq, CMQ],
  ])('can be of %s where the jobs wait in one of %s', (kind, _jobs, env, url) => {
    expect(parseConfig({ ...env, NOTICE_QUEUE_URL: url }).notices?.queue).toMatchObject({ kind, url });
  });

  test.each([
    [NEEDED, NEEDED.QUEUE_URL, 'NOTICE_QUEUE_URL and QUEUE_URL are the same queue'],
    [
      NEEDED,
      'https://eu-central-1.queue.amazonaws.com/123456789012/dead',
      'NOTICE_QUEUE_URL and DEAD_LETTER_QUEUE_URL are the same queue',
    ],
    [
      onCmq,
      'cmq://bj.mqadapter.cmq.tencentyun.com/Jobs',
      'NOTICE_QUEUE_URL and QUEUE_URL are the same queue',
    ],
    [NEEDED, 'cos://docs-1250000000.ap-beijing/notices/', 'a bucket hands out no messages'],
    [NEEDED, `${SQS}.fifo`, 'NOTICE_QUEUE_URL: .* is a FIFO queue'],
    [NEEDED, 'notices', 'NOTICE_QUEUE_URL: the queue URL is not a URL'],
  ])('of %j is refused where it is %s', (env, url, problem) => {
    expect(problemsOf({ ...env, NOTICE_QUEUE_URL: url })).toEqual([expect.stringMatching(problem)]);
  });
});

describe('the configuration', () => {
  test('needs four variables, and has a sensible default for everything else', () => {
    const { queue, run, logLevel } = parseConfig(NEEDED);
    expect(queue.queue).toMatchObject({ kind: 'sqs', region: 'eu-central-1' });
    expect(queue.deadLetters).toMatchObject({ url: NEEDED.DEAD_LETTER_QUEUE_URL });
    expect(logLevel).toBe('info');
    expect(run).toMatchObject({
      source: { bucket: 'docs-1250000000', region: 'ap-beijing' },
      keyTemplate: 'manifests/${jobId}.json',
      concurrency: 16,
      maxLeases: 2_000,
      queueWait: 1_000,
      client: { endpoints: {}, attemptTimeout: 5_000, retries: 3, requestsPerSecond: 50 },
      decisions: {
        maxAge: 259_200_000,
        unknownJobGrace: 3_600_000,
        schedule: { share: 0.25, floor: 10_000, ceiling: 1_800_000, jitter: 0.25 },
      },
    });
  });

  test('of COS and CI alone needs no queue, and is the same otherwise', () => {
    const { SOURCE_BUCKET, SOURCE_REGION } = NEEDED;
    const { client, source, keyTemplate } = parseServiceConfig({ SOURCE_BUCKET, SOURCE_REGION });
    expect({ client, source, keyTemplate }).toEqual(pick(parseConfig(NEEDED).run));
    expect(() => parseServiceConfig({ SOURCE_BUCKET, REQUEST_RETRIES: 'many' })).toThrow(
      /SOURCE_REGION is not set.*\n.*REQUEST_RETRIES is "many"/,
    );
  });

  test('takes a queue in a bucket, but no manifests in its folders', () => {
    const onCos = {
      ...NEEDED,
      QUEUE_URL: 'cos://docs-1250000000.ap-beijing/docjob/pending/',
      DEAD_LETTER_QUEUE_URL: 'cos://docs-1250000000.ap-beijing/docjob/dead/',
    };
    expect(parseConfig(onCos).queue).toMatchObject({
      queue: { kind: 'cos', prefix: 'docjob/pending/' },
      deadLetters: { kind: 'cos', prefix: 'docjob/dead/' },
    });
    for (const folder of ['pending', 'dead']) {
      expect(problemsOf({ ...onCos, MANIFEST_KEY: `docjob/${folder}/m/\${jobId}.json` })).toEqual([
        `MANIFEST_KEY puts manifests into the folder of the queue cos://docs-1250000000.ap-beijing/docjob/${folder}/: use another folder`,
      ]);
    }
    expect(problemsOf({ ...onCos, MANIFEST_KEY: 'docjob/\${jobId}.json' })).toEqual([]);
  });

  test('has a job on a queue without due times looked at by the same schedule as any other', () => {
    const { queue } = parseConfig({ ...NEEDED, DELAY_FLOOR_SECONDS: '100', DELAY_JITTER: '0.05' });
    const seenAt = epochMs(1_000_000);
    const next = queue.nextLook({ seed: 'd1', createdAt: undefined, firstSeenAt: seenAt, seenAt }, seenAt);
    expect(next - seenAt).toBeLessThanOrEqual(100_000);
    expect(next - seenAt).toBeGreaterThanOrEqual(95_000);
  });

  test('and heard of within five minutes besides, unless no lists are asked for', () => {
    const seenAt = epochMs(1_000_000_000);
    const waiting = { seed: 'd1', createdAt: epochMs(0), firstSeenAt: seenAt, seenAt };
    const nextLook = (SWEEP: string) => parseConfig({ ...NEEDED, SWEEP }).queue.nextLook(waiting, seenAt);
    expect(nextLook('on') - seenAt).toBe(300_000);
    expect(nextLook('off') - seenAt).toBeGreaterThan(1_000_000);
  });

  test('lists everything that is wrong in one error', () => {
    const problems = problemsOf({
      QUEUE_URL: 'nonsense',
      SOURCE_BUCKET: 'no-app-id',
      CONCURRENCY: '0',
      LOG_LEVEL: 'loud',
      METRICS: 'statsd',
      CI_ENDPOINT: 'ftp://x',
      MANIFEST_KEY: '/x',
    });
    expect(problems).toEqual([
      'SOURCE_BUCKET is "no-app-id": expected a bucket name with its APPID, such as docs-1250000000',
      'SOURCE_REGION is not set: set it to a region such as ap-beijing',
      'QUEUE_URL: the queue URL is not a URL',
      'DEAD_LETTER_QUEUE_URL is not set: set it to the URL of the queue for jobs that were given up',
      'MANIFEST_KEY is "/x": the manifest key must contain ${jobId}, or all jobs would share one manifest',
      'CI_ENDPOINT is "ftp://x": expected an http or https origin such as http://127.0.0.1:9000',
      'LOG_LEVEL is "loud": expected one of debug, info, warn, error',
      'METRICS is "statsd": expected one of emf, plain, off',
      'CONCURRENCY is "0": expected a whole number from 1 to 256',
    ]);
  });

  test('empty values count as not set', () => {
    expect(parseConfig({ ...NEEDED, CONCURRENCY: ' ', ALLOWED_BUCKETS: '' }).run.concurrency).toBe(16);
  });

  test.each(['1e3', '0x10', '-5', '5.5', 'Infinity', 'NaN', '١٦'])('%s is no whole number', (text) => {
    expect(problemsOf({ ...NEEDED, CONCURRENCY: text })).toHaveLength(1);
  });

  test('refuses settings with which a job could be looked at more often than the queue hands it out', () => {
    const [problem] = problemsOf({ ...NEEDED, DELAY_CEILING_SECONDS: '60' });
    expect(problem).toMatch(
      /^a job could be looked at \d+ times, but a queue gives it up after about 800: raise/,
    );
  });

  test('a job that CI does not know counts too: its grace is bounded by the same number of looks', () => {
    const env = {
      UNKNOWN_JOB_GRACE_SECONDS: '864000',
      MAX_AGE_SECONDS: '86400',
      DELAY_CEILING_SECONDS: '320',
    };
    expect(problemsOf({ ...NEEDED, ...env })).toEqual([expect.stringContaining('a job could be looked at')]);
  });

  test('shares the request rate out to the runs that may overlap', () => {
    const { run, maxConcurrentRuns } = parseConfig({ ...NEEDED, MAX_CONCURRENT_RUNS: '8' });
    expect(maxConcurrentRuns).toBe(8);
    expect(run.client.requestsPerSecond * maxConcurrentRuns).toBe(50);
  });

  test('refuses a share that no run could work with', () => {
    const env = { ...NEEDED, REQUESTS_PER_SECOND: '5', MAX_CONCURRENT_RUNS: '100' };
    expect(problemsOf(env)).toEqual([
      'REQUESTS_PER_SECOND 5 shared out to MAX_CONCURRENT_RUNS 100 leaves a run less than 0.1 requests a second: ' +
        'raise the first or lower the second',
    ]);
  });

  test('refuses a floor above the ceiling', () => {
    expect(problemsOf({ ...NEEDED, DELAY_FLOOR_SECONDS: '3600' })).toEqual([
      'DELAY_FLOOR_SECONDS is greater than DELAY_CEILING_SECONDS: no delay can be both',
    ]);
  });

  test('refuses a maximum age beyond what the queue keeps', () => {
    expect(problemsOf({ ...NEEDED, MAX_AGE_SECONDS: '864001' })).toEqual([
      'MAX_AGE_SECONDS is "864001": expected a number from 1 to 864000',
    ]);
  });

  test.each(['http://127.0.0.1:1/path', 'http://user@127.0.0.1', 'http://x?y', 'x', 'file:///x'])(
    'takes no endpoint that is more than an origin: %s',
    (text) => {
      expect(problemsOf({ ...NEEDED, COS_ENDPOINT: text })).toHaveLength(1);
    },
  );
});

describe('the allowed buckets', () => {
  const allows = (env: Record<string, string>, bucket: string): boolean =>
    parseConfig({ ...NEEDED, ...env }).run.isAllowedBucket(aBucket(bucket));

  test("are by default those of the source bucket's account", () => {
    expect(allows({}, 'anything-1250000000')).toBe(true);
    expect(allows({}, 'docs-1250000001')).toBe(false);
    expect(allows({}, '1250000000-1999999999')).toBe(false);
  });

  test('are those that are named, and no others', () => {
    const env = { ALLOWED_BUCKETS: 'docs-1250000000,a-1250000000, b-1999999999,*-1888888888' };
    expect(allows(env, 'a-1250000000')).toBe(true);
    expect(allows(env, 'b-1999999999')).toBe(true);
    expect(allows(env, 'any-1888888888')).toBe(true);
    expect(allows(env, 'other-1250000000')).toBe(false);
    expect(allows(env, 'c-1999999999')).toBe(false);
  });

  test('an entry that is neither is refused: a wildcard for everything would be one', () => {
    expect(problemsOf({ ...NEEDED, ALLOWED_BUCKETS: 'docs-1250000000,*' })).toEqual([
      'ALLOWED_BUCKETS has the entry "*": expected a bucket name or *-<APPID>, separated by commas',
    ]);
  });

  test.each(['pictures-1250000000', ','])(
    'must allow the source bucket, whose jobs would all be given up: %s',
    (text) => {
      expect(problemsOf({ ...NEEDED, ALLOWED_BUCKETS: text })).toEqual([
        'ALLOWED_BUCKETS does not allow SOURCE_BUCKET docs-1250000000, whose jobs would all be given up: add it',
      ]);
    },
  );
});

test.each([
  'http://user:hunter2@proxy:80',
  'http://:hunter2@proxy',
  'http://hunter2@proxy',
  // Not the way to write it, but the way that it is written.
  'http://user:x/hunter2@proxy',
  'http://user:x@hunter2@proxy',
  'http:user:hunter2@proxy',
  'http:\\\\user:hunter2@proxy',
  'user:hunter2@proxy',
  'http://proxy/?password=hunter2',
  'http://proxy/#hunter2',
])('a password is refused wherever it is set, without being shown: %s', (text) => {
  for (const name of [
    'COS_ENDPOINT',
    'AWS_ENDPOINT_URL',
    'AWS_REGION',
    'SOURCE_BUCKET',
    'LOG_LEVEL',
    'QUEUE_URL',
  ]) {
    const problems = problemsOf({ ...NEEDED, [name]: text });
    expect(problems).toHaveLength(1);
    expect(problems.join()).toContain(name);
    expect(problems.join()).not.toContain('hunter2');
  }
  const lists = problemsOf({ ...NEEDED, ALLOWED_BUCKETS: `docs-1250000000,${text}`, MANIFEST_KEY: text });
  expect(lists).toHaveLength(2);
  expect(lists.join()).not.toContain('hunter2');
});

describe('the configuration of the callback function', () => {
  const problems = (env: Record<string, string>): readonly string[] => {
    try {
      parseCallbackConfig(env);
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    return [];
  };

  test('is that of the poll function, and a secret that is kept as its digest', () => {
    const config = parseCallbackConfig({ ...NEEDED, CALLBACK_SECRET: SECRET });
    expect(config.run.source).toEqual({ bucket: 'docs-1250000000', region: 'ap-beijing' });
    expect(config.secrets).toHaveLength(1);
    expect(JSON.stringify(config)).not.toContain(SECRET);
  });

  test.each([{}, { CALLBACK_SECRET: 'hunter2hunter2' }, { CALLBACK_SECRET: `${SECRET}/hunter2` }])(
    'is refused without a fit secret, which is not shown, beside all else that is wrong: %j',
    (env) => {
      const found = problems({ ...NEEDED, SOURCE_REGION: '', ...env });
      expect(found).toEqual([
        expect.stringContaining('SOURCE_REGION is not set'),
        expect.stringContaining('CALLBACK_SECRET is not set, or is no secret'),
      ]);
      expect(found.join()).not.toContain('hunter2');
    },
  );
});

test('every variable that is read is documented once, and every documented one is read', () => {
  const documented = Array.from(
    readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8').matchAll(
      /^\| ((?:`[A-Z_]+`(?:, )?)+)\s*\|/gm,
    ),
    ([, names = '']) => names.match(/[A-Z_]+/g) ?? [],
  ).flat();
  const asked = new Set<string>();
  const env = new Proxy<Record<string, string>>(
    {
      ...NEEDED,
      CALLBACK_SECRET: SECRET,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'an-id',
      AWS_SECRET_ACCESS_KEY: 'a-key',
    },
    {
      get: (needed, name: string) => {
        asked.add(name);
        return needed[name];
      },
    },
  );
  for (const parse of [parseConfig, parseSubmitConfig, parseCallbackConfig]) parse(env);
  readStoredCredentials(new EnvReader(env));
  readSsmAccess(env);
  expect(documented.sort()).toEqual([...asked].sort());
});

describe('a queue of CMQ', () => {
  const CMQ = {
    ...NEEDED,
    QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/pending',
    DEAD_LETTER_QUEUE_URL: 'cmq://cmq-bj.public.tencenttdmq.com/dead',
    CMQ_MAX_UNACKED_SECONDS: '43200',
    CMQ_VISIBILITY_SECONDS: '70',
  };

  test('is configured by how it is set itself', () => {
    const { queue } = parseConfig({ ...CMQ, CMQ_ENDPOINT: 'http://127.0.0.1:9000' });
    expect(queue).toMatchObject({
      queue: { kind: 'cmq', queueName: 'pending' },
      cmq: { maxUnacked: 43_200_000, visibility: 70_000, endpoint: new URL('http://127.0.0.1:9000') },
    });
  });

  test.each([
    [
      'that would drop a message before the longest delay leaves it time',
      { CMQ_MAX_UNACKED_SECONDS: '3600' },
      /^DELAY_CEILING_SECONDS is 1800, but .* after 3600 .* for 900 at most/,
    ],
    [
      'whose leases are longer than a message may wait',
      { CMQ_VISIBILITY_SECONDS: '10801' },
      /^CMQ_VISIBILITY_SECONDS is 10801, more than a quarter of CMQ_MAX_UNACKED_SECONDS/,
    ],
    [
      'whose leases hold no look',
      { CMQ_VISIBILITY_SECONDS: '15' },
      /^CMQ_VISIBILITY_SECONDS is 15, but a look needs a lease of 16 seconds/,
    ],
  ])('%s is refused', (_what, changes, problem) => {
    expect(problemsOf({ ...CMQ, ...changes })).toEqual([expect.stringMatching(problem)]);
    expect(problemsOf({ ...NEEDED, ...changes })).toEqual([]);
  });

  test('may keep its own default where delays are as short', () => {
    expect(problemsOf({ ...CMQ, CMQ_MAX_UNACKED_SECONDS: '', DELAY_CEILING_SECONDS: '900' })).toEqual([]);
  });
});
