import { afterEach, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { openTransport, type Transport } from '../../lib/cos/transport.js';
import { ManifestTimeoutError } from '../../lib/consumer/manifest-timeout-error.js';
import { waitForManifest, type WaitOptions } from '../../lib/consumer/wait-for-manifest.js';
import { between } from '../../lib/domain/units.js';
import { readManifest } from '../../lib/manifest/index.js';
import { answer, errorAnswer, reset, ScriptedServer, type Step } from '../support/scripted-server.js';
import { START, VirtualClock } from '../support/virtual-clock.js';

const BYTES = readFileSync('test/manifest/fixtures/document.json', 'utf8');
const MANIFEST = readManifest(BYTES);

const FOUND = answer(200, BYTES);
const NOT_YET = errorAnswer(404, 'NoSuchKey');

let server: ScriptedServer | undefined;
let transport: Transport | undefined;

afterEach(async () => {
  transport?.close();
  await server?.close();
});

async function waiting(script: readonly Step[], changes: Partial<WaitOptions> = {}) {
  server = await ScriptedServer.start(...script);
  transport = openTransport({ maxSockets: 1 });
  const clock = new VirtualClock();
  const options: WaitOptions = {
    jobId: MANIFEST.job.jobId,
    bucket: 'pictures-1250000000',
    region: 'ap-guangzhou',
    credentials: { secretId: 'AKID', secretKey: 'hunter2' },
    endpoint: server.origin,
    timeoutMs: 60_000,
    ...changes,
  };
  const waited = waitForManifest(options, { clock, random: () => 0, transport });
  const outcome = await waited.catch((error: unknown) => error);
  return { outcome, clock, waitedMs: between(START, clock.now()), requests: server.requests };
}

test('it is asked for again until it is there, less and less often', async () => {
  const { outcome, clock, requests } = await waiting([...Array.from({ length: 40 }, () => NOT_YET), FOUND], {
    timeoutMs: 3_600_000,
  });
  expect(outcome).toEqual(MANIFEST);
  expect(requests).toHaveLength(41);
  expect(clock.sleeps[0]).toBe(500);
  expect(clock.sleeps.at(-1)).toBeGreaterThan(1_000);
  expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(15_000);
  expect(clock.sleeps).toEqual([...clock.sleeps].sort((a, b) => a - b));
});

test('faults that pass are waited out', async () => {
  const faults = [errorAnswer(503, 'SlowDown'), reset, answer(500, '<html>')];
  const broken: Step = (_request, response, socket) => {
    response.writeHead(200, { 'content-length': BYTES.length });
    response.write(BYTES.slice(0, 9), () => socket.resetAndDestroy());
  };
  const { outcome } = await waiting([...faults, broken, ...faults, broken, FOUND]);
  expect(outcome).toEqual(MANIFEST);
});

test('when it is not there in time, the error says where it was looked for, and nothing is waited beyond the time', async () => {
  const { outcome, waitedMs } = await waiting([NOT_YET]);
  expect(outcome).toBeInstanceOf(ManifestTimeoutError);
  const error = outcome as ManifestTimeoutError; // checked above
  expect(error.code).toBe('manifest-timeout');
  expect(error.message).toBe(
    `there was no manifest at manifests/${MANIFEST.job.jobId}.json in pictures-1250000000 (ap-guangzhou) after 60000 ms`,
  );
  expect(error.cause).toBeUndefined();
  expect(waitedMs).toBe(60_000);
});

test('the error of a wait in an outage tells of the outage, and its request ID', async () => {
  const { outcome } = await waiting([errorAnswer(503, 'ServiceUnavailable')]);
  expect(outcome).toMatchObject({
    code: 'manifest-timeout',
    requestId: 'NjA=',
    cause: { serviceCode: 'ServiceUnavailable' },
  });
  expect((outcome as Error).message).toContain('the last request failed: '); // checked above
});

test('an outage that is over is not what the error tells of', async () => {
  const down = Array.from({ length: 4 }, () => errorAnswer(503, 'ServiceUnavailable'));
  const { outcome } = await waiting([...down, NOT_YET]);
  expect(outcome).toBeInstanceOf(ManifestTimeoutError);
  expect((outcome as Error).cause).toBeUndefined(); // checked above
});

test.each([
  ['a key that is refused', errorAnswer(403, 'InvalidAccessKeyId')],
  ['no grant', errorAnswer(403, 'AccessDenied')],
  ['no such bucket', errorAnswer(404, 'NoSuchBucket')],
  ['an object that is no manifest', answer(200, '{}')],
  ['a manifest of another job', answer(200, BYTES.replaceAll(MANIFEST.job.jobId, 'd1'))],
])('what does not pass by itself ends the wait at once: %s', async (_what, step) => {
  const { outcome, waitedMs } = await waiting([NOT_YET, step, FOUND]);
  expect(outcome).toBeInstanceOf(Error);
  expect((outcome as Error).message).not.toContain('hunter2'); // checked above
  expect(outcome).not.toMatchObject({ code: 'manifest-timeout' });
  expect(waitedMs).toBeLessThan(2_000);
});

test('one reading is made even where there is no time to wait', async () => {
  expect((await waiting([FOUND], { timeoutMs: 0 })).outcome).toEqual(MANIFEST);
  await server?.close();
  const { outcome, requests } = await waiting([NOT_YET], { timeoutMs: 0 });
  expect(outcome).toMatchObject({ code: 'manifest-timeout' });
  expect(requests).toHaveLength(1);
});

test.each([-1, Number.NaN])('a time of %d ms is refused', async (timeoutMs) => {
  expect((await waiting([FOUND], { timeoutMs })).outcome).toBeInstanceOf(TypeError);
});

test('an abort ends the wait with its reason: before it, while it reads, and while it sleeps', async () => {
  const reason = new Error('enough');
  expect((await waiting([FOUND], { signal: AbortSignal.abort(reason) })).outcome).toBe(reason);
  await server?.close();
  const reading = new AbortController();
  const abortThenAnswer: Step = (request, response, socket) => {
    reading.abort(reason);
    FOUND(request, response, socket);
  };
  expect((await waiting([abortThenAnswer], { signal: reading.signal })).outcome).toBe(reason);
});

test('keys are asked for anew at each reading, since those of roles rotate', async () => {
  let asked = 0;
  const credentials = () => ({ secretId: `AKID${(asked += 1)}`, secretKey: 'key' });
  const { requests } = await waiting([NOT_YET, NOT_YET, FOUND], { credentials });
  expect(requests.map(({ headers }) => /q-ak=(\w+)/.exec(headers.authorization ?? '')?.[1])).toEqual([
    'AKID1',
    'AKID2',
    'AKID3',
  ]);
});
