import { describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aCloud, child, docjob, temporaryFolder } from '../command-line.js';

describe('docjob enqueue', () => {
  test.each(['sqs', 'cos', 'cmq'] as const)(
    'puts jobs into a queue on %s, where a run finds them',
    async (kind) => {
      const { env, makeJob } = await aCloud(kind);
      const jobIds = [await makeJob('a.docx'), await makeJob('b.docx')];
      const { code, stdout, stderr } = await docjob(['enqueue', ...jobIds], { env });
      expect([code, stderr]).toEqual([0, '2 of 2 jobs enqueued\n']);
      expect(stdout).toBe(jobIds.map((jobId) => `enqueued  ${jobId}\n`).join(''));
      const poll = await docjob(['poll', '--json'], { env });
      expect(JSON.parse(poll.stdout)).toMatchObject({ finished: { Success: 2 } });
    },
  );

  test('takes messages from standard input, and the bucket and CI queue from options', async () => {
    const { cloud, env } = await aCloud();
    const stdin =
      'd1\n{"jobId":"d2","bucket":"docs-1250000000","region":"ap-beijing","createdAt":1700000000000}\n';
    const args = [
      'enqueue',
      '-',
      '--bucket',
      'pages-1250000000',
      '--region',
      'ap-shanghai',
      '--queue-id',
      'p1',
      '--json',
    ];
    const { code, stdout } = await child(args, { env, stdin }).ended;
    expect(code).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { jobId: 'd1', bucket: 'pages-1250000000', region: 'ap-shanghai', ok: true },
      { jobId: 'd2', bucket: 'docs-1250000000', region: 'ap-beijing', ok: true },
    ]);
    const messages = cloud.sqs.messages('pending').map(({ content }) => JSON.parse(content.body) as unknown);
    expect(messages).toEqual([
      { jobId: 'd1', bucket: 'pages-1250000000', region: 'ap-shanghai', queueId: 'p1' },
      {
        jobId: 'd2',
        bucket: 'docs-1250000000',
        region: 'ap-beijing',
        queueId: 'p1',
        createdAt: 1_700_000_000_000,
      },
    ]);
  });

  test.each([
    ['no job ID', 'd1\nno job\n', 'job 2 of the list cannot be: the message is'],
    [
      'a bucket that is not allowed',
      '{"jobId":"d1","bucket":"other-1234567890","region":"ap-beijing"}',
      'other-1234567890 is not allowed',
    ],
  ])('enqueues none where one is %s', async (_, stdin, message) => {
    const { cloud, env } = await aCloud();
    const { code, stderr } = await docjob(['enqueue', '-'], { env, stdin });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(cloud.sqs.messages('pending')).toEqual([]);
  });

  test('ends with 4 where the queue is not there', async () => {
    const { env } = await aCloud();
    const { code, stdout, stderr } = await docjob(['enqueue', 'd1'], {
      env: { ...env, QUEUE_URL: `${env['QUEUE_URL'] ?? ''}-not` },
    });
    expect(code).toBe(4);
    expect(stdout).toContain('failed    d1');
    expect(stderr).toMatch(/^docjob: .*\[queue-not-found\]$/m);
  });

  test('asks SQS with the key that a profile sets', async () => {
    const { env } = await aCloud();
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...rest } = env;
    const refused = await child(['enqueue', 'd1'], {
      env: { ...rest, AWS_ACCESS_KEY_ID: 'AKIANONE', AWS_SECRET_ACCESS_KEY: 'x' },
    }).ended;
    expect(refused.code).toBe(4);
    const cwd = await temporaryFolder();
    const config = { profiles: { default: { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } } };
    await writeFile(join(cwd, 'docjob.config.json'), JSON.stringify(config));
    expect((await child(['enqueue', 'd1'], { env: rest, cwd }).ended).code).toBe(0);
  });
});
