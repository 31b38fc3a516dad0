import { describe, expect, test } from '@jest/globals';
import { readManifest } from '../../../lib/manifest/index.js';
import { aCloud, child, ctrlC, docjob, PAGES, type Surround } from '../command-line.js';

async function manifestOf({ cloud }: Surround, jobId: string): Promise<string | undefined> {
  return (await cloud.control.readObject(PAGES.bucket, `manifests/${jobId}.json`))?.toString();
}

describe('docjob poll', () => {
  test('is one run, which writes manifests and says in a line what it did', async () => {
    const surround = await aCloud();
    const done = await surround.makeJob('report.docx', { pages: 3 });
    const slow = await surround.makeJob('slow.docx', { ends: 'never' });
    for (const jobId of [done, slow]) surround.cloud.sqs.send('pending', jobId);
    const { code, stdout, stderr } = await child(['poll'], surround).ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^2 jobs: 1 manifest \(Success 1\), 1 waiting; queue-empty after [\d.]+ s\n$/);
    expect(readManifest((await manifestOf(surround, done)) ?? '').pages).toHaveLength(3);
  });

  test('ends with 1 where a message went to the dead letters, and warns of it', async () => {
    const surround = await aCloud();
    surround.cloud.sqs.send('pending', 'no job');
    const { code, stdout, stderr } = await docjob(['poll', '--json'], surround);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ leased: 1, deadLettered: { 'not-a-job': 1 } });
    expect(JSON.parse(stderr.split('\n')[0] ?? '')).toMatchObject({ level: 'warn', event: 'dead-letter' });
  });

  test('ends with 4 where CI cannot be used, with its request ID', async () => {
    const surround = await aCloud();
    const env = { ...surround.env, TENCENTCLOUD_SECRET_ID: 'AKIDnobody' };
    const { code, stderr } = await docjob(['poll'], { env });
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /^docjob: no job was leased, since CI cannot be used: .*request ID.*\[service-unusable\]$/m,
    );
  });

  test('tells with --verbose what it does, on standard error', async () => {
    const surround = await aCloud();
    surround.cloud.sqs.send('pending', await surround.makeJob('report.docx'));
    const { stdout, stderr } = await docjob(['poll', '--verbose'], surround);
    expect(stdout).toMatch(/^1 job: [^\n]*\n$/);
    expect(stderr).toMatch(/^\d\d:\d\d:\d\d manifest-written .*jobId=d/m);
  });

  test.each([
    [['poll', '--watch', '--once'], '--watch cannot go with --once'],
    [['poll', '--watch', '--dry-run'], '--watch cannot go with --dry-run'],
    [['poll', '--every', '10s'], '--every is for --watch'],
    [['poll', '--limit', '10'], '--limit is for --dry-run'],
    [['poll', '--dry-run', '--limit', '0'], '--limit is "0": expected a whole number'],
    [['poll', '--watch', '--every', '10'], '--every is "10": expected a duration'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await docjob(args, await aCloud());
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('docjob poll --watch', () => {
  test('makes a run after the other until Ctrl-C, in a process of its own', async () => {
    const surround = await aCloud();
    const watch = child(['poll', '--watch', '--every', '1s', '--json'], surround);
    await watch.says(/"leased":0/);
    const jobId = await surround.makeJob('report.docx');
    surround.cloud.sqs.send('pending', jobId);
    await watch.says(/"finished":\{"Success":1\}/);
    watch.process.kill('SIGINT');
    expect((await watch.ended).code).toBe(130);
    expect(await manifestOf(surround, jobId)).toBeDefined();
  });

  test('lets what it had taken go back at Ctrl-C', async () => {
    const surround = await aCloud();
    const { cloud } = surround;
    for (let n = 0; n < 3; n += 1) {
      const jobId = await surround.makeJob(`${n}.docx`);
      cloud.sqs.send('pending', jobId);
      cloud.control.faults.add({
        match: { family: 'ci', pathPrefix: `/doc_jobs/${jobId}` },
        fault: { kind: 'hang', when: 'before' },
      });
    }
    const watch = child(['poll', '--watch'], { env: { ...surround.env, REQUEST_TIMEOUT_MS: '20000' } });
    const isTaken = async (): Promise<void> => {
      while (cloud.sqs.counts('pending').inFlight < 3) await new Promise((resolve) => setImmediate(resolve));
    };
    await isTaken();
    watch.process.kill('SIGINT');
    const { code, stdout } = await watch.ended;
    expect([code, stdout]).toEqual([130, expect.stringContaining('3 handed back unlooked; aborted')]);
    expect(cloud.sqs.counts('pending')).toMatchObject({ visible: 3, inFlight: 0 });
  });

  test('ends at once where the first run cannot do its work', async () => {
    const surround = await aCloud();
    const env = { ...surround.env, TENCENTCLOUD_SECRET_ID: 'AKIDnobody' };
    expect((await docjob(['poll', '--watch'], { env })).code).toBe(4);
  });

  test('goes on where a later run fails', async () => {
    const surround = await aCloud();
    const { signal, press } = ctrlC();
    let runs = 0;
    const { code, stdout, stderr } = await docjob(['poll', '--watch', '--every', '1s', '--json'], {
      ...surround,
      signal,
      onText: (text) => {
        if (!text.includes('"leased"')) return;
        runs += 1;
        if (runs === 1) surround.cloud.sqs.fail('ReceiveMessage', { kind: 'refuse', as: 'AccessDenied' });
        if (runs === 2) press();
      },
    });
    expect(code).toBe(130);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stderr).toContain('"code":"queue-unusable"');
  });
});

describe('docjob poll --dry-run', () => {
  test.each(['sqs', 'cos', 'cmq'] as const)('tells each decision on %s and changes nothing', async (kind) => {
    const surround = await aCloud(kind);
    const { cloud, env } = surround;
    const jobs = {
      done: await surround.makeJob('report.docx', { pages: 2 }),
      failed: await surround.makeJob('broken.docx', { ends: 'Failed' }),
      slow: await surround.makeJob('slow.docx', { ends: 'never' }),
    };
    await docjob(['enqueue', ...Object.values(jobs)], { env });
    const puts = (): number | undefined => cloud.control.statistics.counts['cos']?.['PutObject'];
    const before = puts();
    const { code, stdout, stderr } = await docjob(['poll', '--dry-run', '--json'], { env });
    expect([code, JSON.parse(stderr)]).toEqual([0, { note: '3 looked at; nothing was changed' }]);
    const decisions = new Map(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => {
          const { jobId, decision } = JSON.parse(line) as { jobId: string; decision: unknown }; // tested here
          return [jobId, decision];
        }),
    );
    expect(decisions.get(jobs.done)).toEqual({
      kind: 'write-manifest',
      state: 'Success',
      complete: true,
      pages: 2,
      manifest: { bucket: 'pages-1250000000', region: 'ap-shanghai', key: `manifests/${jobs.done}.json` },
    });
    expect(decisions.get(jobs.failed)).toMatchObject({ kind: 'write-manifest', state: 'Failed' });
    expect(decisions.get(jobs.slow)).toMatchObject({ kind: 'look-again' });
    expect(puts()).toBe(before);

    if (kind === 'sqs') expect(cloud.sqs.counts('pending')).toMatchObject({ visible: 3, inFlight: 0 });
    if (kind !== 'cmq') {
      const run = await docjob(['poll', '--json'], { env });
      expect(JSON.parse(run.stdout)).toMatchObject({ finished: { Success: 1, Failed: 1 }, waiting: 1 });
    } else {
      // Its leases end by themselves.
      expect(cloud.cmq.messages('pending')).toHaveLength(3);
    }
  });

  test('tells in words, what is no job among it, and no more than it was asked for', async () => {
    const surround = await aCloud();
    for (const body of ['no job', await surround.makeJob('a.docx')]) surround.cloud.sqs.send('pending', body);
    const all = await docjob(['poll', '--dry-run'], surround);
    expect(all.stdout).toMatch(/dead letter {2}not-a-job: the message is "no job"/);
    expect(all.stdout).toMatch(
      /^d\w+ {2}write manifest {2}Success, 3 pages: manifests\/d\w+\.json in pages-1250000000$/m,
    );
    const one = await docjob(['poll', '--dry-run', '--limit', '1'], surround);
    expect(one.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(surround.cloud.sqs.messages('dead')).toEqual([]);
  });

  test('hands back what it took where the key is refused', async () => {
    const surround = await aCloud();
    surround.cloud.sqs.send('pending', 'd1');
    const env = { ...surround.env, TENCENTCLOUD_SECRET_ID: 'AKIDnobody' };
    expect((await docjob(['poll', '--dry-run'], { env })).code).toBe(4);
    expect(surround.cloud.sqs.counts('pending')).toMatchObject({ visible: 1, inFlight: 0 });
  });
});
