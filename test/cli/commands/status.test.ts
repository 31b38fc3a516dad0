import { describe, expect, test } from '@jest/globals';
import { aCloud, child, docjob } from '../command-line.js';

describe('docjob status', () => {
  test('says what CI knows about a job', async () => {
    const { env, makeJob } = await aCloud();
    const jobId = await makeJob('report.docx', { pages: 3 });
    const { code, stdout, stderr } = await docjob(['status', jobId], { env });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^state +Success$/m);
    expect(stdout).toMatch(/^document +report\.docx in docs-1250000000 \(ap-beijing\)$/m);
    expect(stdout).toMatch(/^pages +3 listed; 3 in all, 3 succeeded, 0 failed$/m);
  });

  test('says it in JSON, to a process of its own', async () => {
    const { env, makeJob } = await aCloud();
    const jobId = await makeJob('report.docx', { pages: 2 });
    const { code, stdout, stderr } = await child(['status', jobId, '--json'], { env }).ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      jobId,
      state: 'Success',
      source: { bucket: 'docs-1250000000', region: 'ap-beijing', object: 'report.docx' },
      output: { bucket: 'pages-1250000000', region: 'ap-shanghai' },
      counts: { total: 2, succeeded: 2, failed: 0 },
      pages: 2,
    });
  });

  test('ends with 1 for a job that failed', async () => {
    const { env, makeJob } = await aCloud();
    const jobId = await makeJob('broken.docx', { ends: 'Failed' });
    const { code, stdout } = await docjob(['status', jobId], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^state +Failed$/m);
  });

  test('needs no queue to be set', async () => {
    const { env, makeJob } = await aCloud();
    const jobId = await makeJob('report.docx');
    const { code } = await docjob(['status', jobId], {
      env: { ...env, QUEUE_URL: '', DEAD_LETTER_QUEUE_URL: '' },
    });
    expect(code).toBe(0);
  });

  test('ends with 5 for a job that CI does not know, with its request ID', async () => {
    const { env } = await aCloud();
    const { code, stdout, stderr } = await docjob(['status', 'd1', '--json'], { env });
    expect([code, stdout]).toEqual([5, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'unknown-job', requestId: expect.stringMatching(/./), exitCode: 5 },
    });
  });

  test('asks in the bucket that is named', async () => {
    const { env } = await aCloud();
    const { stderr } = await docjob(
      ['status', 'd1', '--bucket', 'pages-1250000000', '--region', 'ap-shanghai'],
      { env },
    );
    expect(stderr).toContain('CI knows no job d1 in pages-1250000000 (ap-shanghai)');
  });

  test.each([
    [['status'], "missing required argument 'jobId'"],
    [['status', 'a/b'], '<jobId> is "a/b": expected a job ID'],
    [['status', 'd1', '--bucket', 'docs-1250000000'], '--region is missing'],
    [
      ['status', 'd1', '--bucket', 'docs', '--region', 'ap-beijing'],
      '--bucket is "docs": expected a bucket name',
    ],
    [['status', 'd1', '--quiet'], "unknown option '--quiet'"],
  ])('refuses %j with one line', async (args, message) => {
    const { env } = await aCloud();
    const { code, stdout, stderr } = await docjob(args, { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('says in one line that the key is refused, with a hint and without the key', async () => {
    const { env } = await aCloud();
    const { code, stderr } = await docjob(['status', 'd1'], {
      env: { ...env, TENCENTCLOUD_SECRET_KEY: 'a-wrong-secret-key' },
    });
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /^docjob: GET docs-1250000000.ci.ap-beijing \/doc_jobs\/d1 .*request ID.*; check the key pair/,
    );
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('a-wrong-secret-key');
  });

  test('shows a stack with --debug only', async () => {
    const { env } = await aCloud();
    const { stderr } = await docjob(['status', 'd1', '--debug'], { env });
    expect(stderr).toMatch(/^ +at /m);
  });
});
