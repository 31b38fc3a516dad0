import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { CosClient } from '../../lib/cos/client.js';
import { openTransport, type Transport } from '../../lib/cos/transport.js';
import { decodeDescribe } from '../../lib/doc-jobs/decode.js';
import { describeDocJob } from '../../lib/doc-jobs/describe.js';
import { after, millis, seconds } from '../../lib/domain/units.js';
import { buildManifest, writeManifest } from '../../lib/manifest/index.js';
import { systemClock } from '../../lib/platform/system.js';
import { answer, JOB_ID } from '../doc-jobs/answers.js';
import { rawAnswer, RawServer, send, sendAndEnd, sendAndReset, type RawStep } from '../support/raw-server.js';
import { SOURCE } from '../support/pending-jobs.js';

/** The documented answer, with two pages. */
const XML = readFileSync(new URL('../doc-jobs/fixtures/excel.xml', import.meta.url), 'utf8');
const FOREIGN = XML.replaceAll(JOB_ID, 'd0000000000000000000000000000000f');

let server: RawServer;
let transport: Transport;

beforeEach(() => {
  transport = openTransport({ maxSockets: 1 });
});

afterEach(async () => {
  transport.close();
  await server.allClosed();
  await server.close();
});

async function clientOn(
  limits: { retries: number; timeoutMs?: number },
  ...script: RawStep[]
): Promise<CosClient> {
  server = await RawServer.start(...script);
  return new CosClient(
    {
      endpoints: { cos: server.origin, ci: server.origin },
      attemptTimeout: millis(limits.timeoutMs ?? 8_000),
      retries: limits.retries,
      backoff: { base: millis(1), throttledBase: millis(1), cap: millis(1), retryAfterCap: millis(1) },
      retryBudget: { share: 1, initial: 10 },
      requestsPerSecond: Number.POSITIVE_INFINITY,
      maxBodyBytes: 100_000,
    },
    {
      transport,
      credentials: () => ({ secretId: 'id', secretKey: 'key' }),
      clock: systemClock,
      random: () => 0,
    },
    { deadline: after(systemClock.now(), seconds(10)), signal: new AbortController().signal },
  );
}

const JOB = { kind: 'found', job: { jobId: JOB_ID, state: 'Success', pages: { length: 2 } } };

const cut = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${XML.slice(0, length)}`;

describe('a look at a job', () => {
  test.each<[name: string, step: RawStep, code: string]>([
    [
      'a body in gzip that says so',
      send(rawAnswer(gzipSync(XML), '200 OK', ['Content-Encoding: gzip'])),
      'undecodable-answer',
    ],
    ['a body in gzip that does not say so', send(rawAnswer(gzipSync(XML))), 'undecodable-answer'],
    ['a body in UTF-16', send(rawAnswer(Buffer.from(`\uFEFF${XML}`, 'utf16le'))), 'undecodable-answer'],
    [
      'a body in Latin-1',
      send(rawAnswer(Buffer.from(XML.replace('<Object>', '<Object>\u00fc'), 'latin1'))),
      'undecodable-answer',
    ],
    [
      'a declaration of Latin-1',
      send(rawAnswer(`<?xml version="1.0" encoding="ISO-8859-1"?>${XML}`)),
      'undecodable-answer',
    ],
    ['the leftover of another answer', send(rawAnswer(FOREIGN)), 'undecodable-answer'],
    ['nothing', send(rawAnswer('')), 'undecodable-answer'],
    ['nothing under 204', send('HTTP/1.1 204 No Content\r\n\r\n'), 'undecodable-answer'],
    ['a length that cuts the body short', send(cut(XML.lastIndexOf('<PageInfo>'))), 'undecodable-answer'],
    ['a length that leaves out the last byte', send(cut(XML.lastIndexOf('>'))), 'undecodable-answer'],
    [
      'no length, and an end amid the body',
      sendAndEnd(`HTTP/1.1 200 OK\r\n\r\n${XML.slice(0, -20)}`),
      'undecodable-answer',
    ],
    [
      'HTTP/1.0, and an end amid the body',
      sendAndEnd(`HTTP/1.0 200 OK\r\n\r\n${XML.slice(0, -20)}`),
      'undecodable-answer',
    ],
    [
      'a reset amid the body',
      sendAndReset(`HTTP/1.1 200 OK\r\nContent-Length: ${XML.length}\r\n\r\n${XML.slice(0, 900)}`),
      'transport-cut-short',
    ],
    ['a peer that vanished', (socket) => socket.pause(), 'transport-timeout'],
    ['304, which nobody asked for', send('HTTP/1.1 304 Not Modified\r\n\r\n'), 'http-304'],
    [
      '206, with a part of the body',
      send(rawAnswer(XML.slice(0, 900), '206 Partial Content', [`Content-Range: bytes 0-899/${XML.length}`])),
      'undecodable-answer',
    ],
  ])(
    'that is answered with %s tells so by its error, and the next one on the transport is right',
    async (_name, step, code) => {
      const timeoutMs = code === 'transport-timeout' ? 150 : 8_000;
      const client = await clientOn({ retries: 0, timeoutMs }, step, send(rawAnswer(XML)));
      await expect(describeDocJob(client, SOURCE, JOB_ID)).rejects.toMatchObject({ code });
      expect(await describeDocJob(client, SOURCE, JOB_ID)).toMatchObject(JOB);
      expect(client.counts).toMatchObject({ attempts: { ci: 2 }, retries: 0 });
    },
  );

  test('that meets a row of such faults gets through by its retries', async () => {
    const client = await clientOn(
      { retries: 5 },
      send(cut(500)),
      sendAndReset('HTTP/1.1 200 OK\r\n'),
      send(rawAnswer(gzipSync(XML), '200 OK', ['Content-Encoding: gzip'])),
      send(rawAnswer(FOREIGN)),
      send(rawAnswer('<html>Bad gateway</html>', '502 Bad Gateway')),
      send(rawAnswer(XML)),
    );
    expect(await describeDocJob(client, SOURCE, JOB_ID)).toMatchObject(JOB);
    expect(client.counts).toMatchObject({ attempts: { ci: 6 }, retries: 5 });
  });

  test('is not taken in by another job’s answer that follows behind its own', async () => {
    const client = await clientOn({ retries: 0 }, send(rawAnswer(XML)));
    expect(await describeDocJob(client, SOURCE, JOB_ID)).toMatchObject(JOB);
    await server.meanwhile((socket, done) => socket.write(rawAnswer(FOREIGN), done));
    expect(await describeDocJob(client, SOURCE, JOB_ID)).toMatchObject(JOB);
  });
});

test('a second success behind an answer never passes for the confirmation of a manifest', async () => {
  const found = decodeDescribe(answer(XML), JOB_ID);
  if (found.kind !== 'found' || found.job.state !== 'Success') throw new Error('the fixture is a success');
  const manifest = buildManifest(found.job, SOURCE, true);
  const client = await clientOn({ retries: 0 }, send(rawAnswer(XML)), (socket) => socket.resetAndDestroy());
  await describeDocJob(client, SOURCE, JOB_ID);
  await server.meanwhile((socket, done) => socket.write(rawAnswer(''), done));
  await expect(
    writeManifest(client, { ...SOURCE, key: 'manifests/d1.json' }, manifest),
  ).rejects.toMatchObject({
    code: 'transport-connection',
  });
  expect(server.requests.map((line) => line.split(' ')[0])).toEqual(['GET', 'PUT']);
});
