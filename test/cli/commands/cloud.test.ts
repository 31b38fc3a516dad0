import { describe, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { child, docjob, temporaryFolder } from '../command-line.js';

describe('docjob cloud', () => {
  test('serves a cloud that the other commands work on, until Ctrl-C', async () => {
    const cwd = await temporaryFolder();
    const cloud = child(['cloud', '--root', 'here', '--json'], { cwd });
    await cloud.says(/^\}\n/m);
    cloud.process.kill('SIGINT');
    const { code, stdout, stderr } = await cloud.ended;
    expect([code, stderr]).toEqual([130, '']);
    const { origin, settings } = JSON.parse(stdout) as { origin: string; settings: Record<string, string> }; // tested here
    expect(settings).toMatchObject({ COS_ENDPOINT: origin, SOURCE_BUCKET: 'docs-1250000000' });
  });

  test('has queues that the doctor finds nothing wrong with', async () => {
    const cloud = child(['cloud', '--json'], { cwd: await temporaryFolder() });
    let said = '';
    cloud.process.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await cloud.says(/^\}\n/m);
    const { settings } = JSON.parse(said) as { settings: Record<string, string> }; // tested here
    const { code, stderr } = await docjob(['doctor'], { env: settings });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^problems: 0, warnings: 0, /)]);
  });

  test('says in words what to set', async () => {
    const cloud = child(['cloud'], { cwd: await temporaryFolder() });
    await cloud.says(/Ctrl-C ends it/);
    cloud.process.kill('SIGTERM');
    expect(await cloud.ended).toMatchObject({
      code: 143,
      stdout: expect.stringMatching(/export QUEUE_URL=http/),
    });
  });

  test('says in one line that its port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // listening on TCP
    const { code, stderr } = await docjob(['cloud', '--port', String(port)], {
      cwd: await temporaryFolder(),
    });
    server.close();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^docjob: the cloud cannot be started .*\(EADDRINUSE\) \[cloud-not-started\]\n$/),
    ]);
  });
});
