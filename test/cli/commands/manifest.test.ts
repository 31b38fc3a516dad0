import { describe, expect, test } from '@jest/globals';
import { readManifest } from '../../../lib/manifest/index.js';
import { aCloud, child, ctrlC, docjob, PAGES, type Surround } from '../command-line.js';

async function polled(surround: Surround, ...args: Parameters<Surround['makeJob']>): Promise<string> {
  const jobId = await surround.makeJob(...args);
  surround.cloud.sqs.send('pending', jobId);
  await docjob(['poll'], surround);
  return jobId;
}

describe('docjob manifest', () => {
  test('prints the manifest, byte for byte, from where CI says that the pictures are', async () => {
    const surround = await aCloud();
    const jobId = await polled(surround, 'report.docx', { pages: 2 });
    const { code, stdout, stderr } = await child(['manifest', jobId], surround).ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      (await surround.cloud.control.readObject(PAGES.bucket, `manifests/${jobId}.json`))?.toString(),
    );
    expect(readManifest(stdout).pages).toHaveLength(2);
  });

  test('prints a summary, in words and in JSON', async () => {
    const surround = await aCloud();
    const jobId = await polled(surround, 'report.docx', { pages: 2 });
    const words = await docjob(['manifest', jobId, '--summary'], surround);
    expect(words.stdout).toMatch(/^pages +2 of 2$/m);
    expect(words.stdout).toContain(`manifests/${jobId}.json in pages-1250000000 (ap-shanghai)`);
    const json = await docjob(['manifest', jobId, '--summary', '--json'], surround);
    expect(JSON.parse(json.stdout)).toMatchObject({ jobId, state: 'Success', complete: true, pages: 2 });
  });

  test('ends with 1 for a job that failed, whose manifest it prints all the same', async () => {
    const surround = await aCloud();
    const jobId = await polled(surround, 'broken.docx', { ends: 'Failed' });
    const { code, stdout } = await docjob(['manifest', jobId], surround);
    expect([code, readManifest(stdout).job.state]).toEqual([1, 'Failed']);
  });

  test('ends with 5 where there is none, and says how the job stands', async () => {
    const surround = await aCloud();
    const jobId = await surround.makeJob('slow.docx', { ends: 'never' });
    const running = await docjob(['manifest', jobId], surround);
    expect(running).toMatchObject({ code: 5, stdout: '' });
    expect(running.stderr).toMatch(
      /there is no manifests\/d\w+\.json in pages-1250000000 \(ap-shanghai\): the job is Running \[no-manifest\]$/m,
    );
    const ended = await docjob(['manifest', await surround.makeJob('report.docx')], surround);
    expect(ended.stderr).toContain(
      'the job is Success; the next look at it writes it, if it is in the queue',
    );
    const unknown = await docjob(['manifest', 'd1'], surround);
    expect(unknown.stderr).toContain('in docs-1250000000 (ap-beijing): CI does not know the job');
  });

  test('finds it without CI in the bucket that an option or OUTPUT_BUCKET names', async () => {
    const surround = await aCloud();
    const { cloud, env } = surround;
    const jobId = await polled(surround, 'report.docx', { forget: true });
    const made = await polled(surround, 'report.docx');
    const bytes = await cloud.control.readObject(PAGES.bucket, `manifests/${made}.json`);
    await cloud.control.putObject(PAGES.bucket, `manifests/${jobId}.json`, bytes ?? Buffer.of(), {});
    const output = { OUTPUT_BUCKET: PAGES.bucket, OUTPUT_REGION: PAGES.region };
    expect((await docjob(['manifest', jobId], { env: { ...env, ...output } })).code).toBe(0);
    const before = cloud.control.statistics.counts['ci']?.['DescribeDocProcessJob'];
    const named = ['--output-bucket', PAGES.bucket, '--output-region', PAGES.region];
    expect((await docjob(['manifest', jobId, ...named], { env })).code).toBe(0);
    expect(cloud.control.statistics.counts['ci']?.['DescribeDocProcessJob']).toBe(before);
  });

  test('follows MANIFEST_KEY', async () => {
    const surround = await aCloud();
    const env = { ...surround.env, MANIFEST_KEY: 'done/${bucket}/${jobId}.json' };
    const jobId = await polled({ ...surround, env }, 'report.docx');
    const { stdout } = await docjob(['manifest', jobId, '--summary'], { env });
    expect(stdout).toContain(`done/docs-1250000000/${jobId}.json in pages-1250000000`);
  });

  test('looks nowhere for a manifest that would be in a bucket that is not allowed', async () => {
    const surround = await aCloud();
    const jobId = await polled(surround, 'report.docx');
    const env = { ...surround.env, ALLOWED_BUCKETS: 'docs-1250000000' };
    const { code, stderr } = await docjob(['manifest', jobId], { env });
    expect([code, stderr]).toEqual([3, expect.stringContaining('pages-1250000000 is not allowed')]);
  });

  test('waits for it, telling on a terminal how it stands', async () => {
    const surround = await aCloud();
    const jobId = await surround.makeJob('report.docx');
    let polling: Promise<unknown> | undefined;
    const { code, stdout, stderr } = await docjob(['manifest', jobId, '--wait', '--summary'], {
      ...surround,
      isTTY: true,
      onText: (text) => {
        if (!text.includes('waiting for')) return;
        surround.cloud.sqs.send('pending', jobId);
        polling ??= docjob(['poll'], surround);
      },
    });
    await polling;
    expect(code).toBe(0);
    expect(stderr).toContain('\r\u001b[2Kwaiting for 0 s; there is no manifests/');
    expect(stdout).toContain('Success');
  });

  test('waits out a service in trouble, and tells of it where that does not end', async () => {
    const surround = await aCloud();
    const { faults } = surround.cloud.control;
    const jobId = await polled(surround, 'report.docx');
    const fault = { kind: 'status', status: 503 } as const;
    faults.add({ match: { operation: 'DescribeDocProcessJob' }, times: 6, fault });
    const patient = await docjob(['manifest', jobId, '--wait', '--summary'], surround);
    expect([patient.code, patient.stderr]).toEqual([0, '']);
    faults.add({ match: { operation: 'DescribeDocProcessJob' }, fault });
    const { code, stderr } = await docjob(['manifest', jobId, '--wait', '--timeout', '1s'], surround);
    expect([code, stderr]).toEqual([4, expect.stringContaining('503')]);
  });

  test('gives up waiting after its timeout', async () => {
    const surround = await aCloud();
    const jobId = await surround.makeJob('slow.docx', { ends: 'never' });
    const { code, stderr } = await docjob(['manifest', jobId, '--wait', '--timeout', '1s'], surround);
    expect([code, stderr]).toEqual([5, expect.stringMatching(/after 1 s there is no .*the job is Running/)]);
  });

  test('stops waiting at Ctrl-C', async () => {
    const surround = await aCloud();
    const jobId = await surround.makeJob('slow.docx', { ends: 'never' });
    const { signal, press } = ctrlC();
    const { code } = await docjob(['manifest', jobId, '--wait'], {
      ...surround,
      signal,
      isTTY: true,
      onText: (text) => {
        if (text.includes('waiting')) press();
      },
    });
    expect(code).toBe(130);
  });

  test.each([
    [['manifest', 'd1', '--timeout', '1m'], '--timeout is for --wait'],
    [['manifest', 'd1', '--output-region', 'ap-beijing'], '--output-bucket is missing'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await docjob(args, await aCloud());
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
