import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { aCloud, child, docjob, temporaryFolder, type Surround } from '../command-line.js';

async function polled(surround: Surround, ...args: Parameters<Surround['makeJob']>): Promise<string> {
  const jobId = await surround.makeJob(...args);
  surround.cloud.sqs.send('pending', jobId);
  await docjob(['poll'], surround);
  return jobId;
}

/** As a browser does it, which takes every name below localhost for this machine. */
async function fetched(url: URL): Promise<IncomingMessage> {
  const asked = get({
    host: '127.0.0.1',
    port: url.port,
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host },
  });
  const [response] = (await once(asked, 'response')) as [IncomingMessage]; // what the event has
  response.resume();
  return response;
}

describe('docjob view', () => {
  test('writes a page whose pictures can be had, for its owner alone', async () => {
    const surround = await aCloud();
    const jobId = await polled(surround, 'report.docx', { pages: 2 });
    const cwd = await temporaryFolder();
    const { code, stdout, stderr } = await child(['view', jobId], { ...surround, cwd }).ended;
    expect([code, stderr]).toEqual([0, '']);
    const file = join(cwd, `${jobId}.html`);
    expect(stdout).toBe(`written  ${file}\n`);
    expect((await stat(file)).mode & 0o077).toBe(0);
    const html = await readFile(file, 'utf8');
    expect(html).toContain(jobId);
    const links = [...html.matchAll(/<img[^>]* src="([^"]+)"/g)].map(([, link = '']) => link);
    expect(links).toHaveLength(2);
    for (const link of links) {
      const picture = await fetched(new URL(link.replaceAll('&amp;', '&')));
      expect([picture.statusCode, picture.headers['content-type']]).toEqual([200, 'image/png']);
    }
  });

  test('says in JSON what it wrote, and until when the pictures can be seen', async () => {
    const surround = await aCloud();
    const jobId = await polled(surround, 'report.docx');
    const cwd = await temporaryFolder();
    const asked = Date.now();
    const args = ['view', jobId, '--out', 'page.html', '--valid-for', '2h', '--json'];
    const { code, stdout } = await docjob(args, { ...surround, cwd });
    expect(code).toBe(0);
    const said = JSON.parse(stdout) as { bytes: number; linksUntil: string };
    const file = join(cwd, 'page.html');
    expect(said).toMatchObject({ file, jobId, manifest: { bucket: 'pages-1250000000' } });
    expect(said.bytes).toBe((await stat(file)).size);
    const lasts = Date.parse(said.linksUntil) - asked;
    expect(Math.round(lasts / 60_000)).toBe(120);
  });

  test('writes to standard output for "-"', async () => {
    const surround = await aCloud();
    const jobId = await polled(surround, 'broken.docx', { ends: 'Failed' });
    const { code, stdout } = await docjob(['view', jobId, '--out', '-'], surround);
    expect([code, stdout.slice(0, 15)]).toEqual([0, '<!doctype html>']);
    const json = await docjob(['view', jobId, '--out', '-', '--json'], surround);
    expect([json.code, json.stdout]).toEqual([2, '']);
  });

  test('ends with 5 where there is no manifest, and writes nothing', async () => {
    const surround = await aCloud();
    const jobId = await surround.makeJob('slow.docx', { ends: 'never' });
    const cwd = await temporaryFolder();
    const { code, stderr } = await docjob(['view', jobId], { ...surround, cwd });
    expect([code, stderr]).toEqual([
      5,
      expect.stringMatching(/there is no manifests\/.*: the job is Running/),
    ]);
    await expect(stat(join(cwd, `${jobId}.html`))).rejects.toThrow('ENOENT');
  });

  test('says where it cannot write', async () => {
    const surround = await aCloud();
    const jobId = await polled(surround, 'report.docx');
    const { code, stderr } = await docjob(['view', jobId, '--out', '/nowhere/page.html'], surround);
    expect([code, stderr]).toEqual([2, expect.stringContaining('/nowhere/page.html (ENOENT)')]);
  });
});
