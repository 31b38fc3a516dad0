import { describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aCloud, child, docjob, temporaryFolder } from '../command-line.js';
import { sampleLog } from '../view/sample-log.js';

describe('docjob report', () => {
  test('writes a page about the runs of a log, without any setting', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'poll.log'), sampleLog(30).join('\n'));
    const { code, stdout, stderr } = await child(['report', 'poll.log', '--title', 'stage <one>'], { cwd })
      .ended;
    expect([code, stdout, stderr]).toEqual([0, `written  ${join(cwd, 'docjob-report.html')}\n`, '']);
    const html = await readFile(join(cwd, 'docjob-report.html'), 'utf8');
    expect(html).toContain('Report on 30 runs');
    expect(html).toContain('<title>stage &lt;one&gt;: report</title>');
  });

  test('reads what poll logged from standard input, and sums it up in JSON', async () => {
    const surround = await aCloud();
    surround.cloud.sqs.send('pending', 'no job');
    surround.cloud.sqs.send('pending', await surround.makeJob('a.docx'));
    const { stderr } = await docjob(['poll', '--json', '--verbose'], surround);
    const cwd = await temporaryFolder();
    const { code, stdout } = await docjob(['report', '-', '--json', '--out', 'r.html'], {
      cwd,
      stdin: stderr,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      file: join(cwd, 'r.html'),
      runs: 1,
      finished: { Success: 1 },
      deadLettered: { 'not-a-job': 1 },
    });
    expect(await readFile(join(cwd, 'r.html'), 'utf8')).toContain('not-a-job');
  });

  test('warns where the log tells of no run', async () => {
    const { code, stdout, stderr } = await docjob(['report', '--out', '-'], { stdin: 'something else\n' });
    expect([code, stdout.slice(0, 15)]).toEqual([0, '<!doctype html>']);
    expect(stderr).toMatch(/^warning: no run is in the 1 lines that were read/);
  });

  test('refuses a log that is not there, and one that is a folder', async () => {
    const missing = await docjob(['report', 'nowhere.log']);
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringMatching(/nowhere\.log cannot be read \(ENOENT\)/),
    ]);
    expect((await docjob(['report', '.'])).stderr).toContain('cannot be read (EISDIR)');
  });
});
