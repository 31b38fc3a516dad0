import { describe, expect, test } from '@jest/globals';
import { aCloud, child, docjob, DOCS } from '../command-line.js';

describe('docjob list', () => {
  test('lists every job of a queue in a bucket, and takes none', async () => {
    const surround = await aCloud('cos');
    const createdAt = '2026-01-01T00:00:00.000Z';
    const first = JSON.stringify({ jobId: 'd1', ...DOCS, createdAt, queueId: 'p532fdead' });
    await docjob(['enqueue', first, 'd2'], surround);
    await surround.cloud.control.putObject(DOCS.bucket, 'docjob/pending/no job', Buffer.of());
    const words = await child(['list'], surround).ended;
    expect([words.code, words.stderr]).toEqual([0, '3 pending jobs\n']);
    expect(words.stdout).toMatch(
      /^d1 +\d+s {2}docs-1250000000 \(ap-beijing\) {2}first seen \S+Z, created 2026-01-01T00:00:00\.000Z$/m,
    );
    expect(words.stdout).toMatch(/^no job +\d+s {2}the object's name is "no job"/m);
    const json = await docjob(['list', '--json'], surround);
    const jobs = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(jobs).toHaveLength(3);
    expect(jobs[0]).toMatchObject({ jobId: 'd1', ...DOCS, createdAt, queueId: 'p532fdead', problem: null });
    expect(jobs[2]).toMatchObject({ id: 'no job', jobId: null });
  });

  test('says how many messages SQS has', async () => {
    const surround = await aCloud();
    for (const jobId of ['d1', 'd2']) surround.cloud.sqs.send('pending', jobId);
    const { code, stdout } = await docjob(['list', '--json'], surround);
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { queue: surround.env['QUEUE_URL'], visible: 2, inFlight: 0, delayed: 0 },
    ]);
    const words = await docjob(['list'], surround);
    expect(words.stdout).toMatch(/^due +2$/m);
    expect(surround.cloud.sqs.counts('pending')).toMatchObject({ visible: 2 });
  });

  test('says that CMQ tells none', async () => {
    const surround = await aCloud('cmq');
    const words = await docjob(['list'], surround);
    expect([words.code, words.stdout]).toEqual([0, expect.stringMatching(/^CMQ tells no counts/)]);
    const { stdout } = await docjob(['list', '--json'], surround);
    expect(JSON.parse(stdout)).toMatchObject({ visible: null });
  });

  test('ends with 4 where the queue is not there', async () => {
    const { env } = await aCloud();
    const missing = { ...env, QUEUE_URL: String(env['QUEUE_URL']).replace(/pending$/, 'missing') };
    const { code, stderr } = await docjob(['list'], { env: missing });
    expect([code, stderr]).toEqual([4, expect.stringContaining('[queue-not-found]')]);
  });
});
