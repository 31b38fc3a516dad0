import { describe, expect, test } from '@jest/globals';
import type { FaultRule } from '../../local/faults/fault.js';
import { DOCS, element, START, TestCloud } from './clouds.js';
import { withJob } from './documents.js';

const struck = async (fault: FaultRule['fault']) => {
  const { cloud, jobId, path } = await withJob();
  const whole = await cloud.ask({ family: 'ci', path });
  cloud.cloud.control.faults.add({ match: { operation: 'DescribeDocProcessJob' }, fault });
  return { cloud, jobId, whole, asked: () => cloud.ask({ family: 'ci', path }) };
};

describe('a fault', () => {
  test('can be an error status with its documented code, with or without Retry-After in both forms', async () => {
    const { cloud, asked } = await struck({ kind: 'status', status: 429 });
    const plain = await asked();
    expect([plain.status, element(plain.text, 'Code'), plain.headers['retry-after']]).toEqual([
      429,
      'SlowDown',
      undefined,
    ]);
    expect(plain.headers['x-ci-trace-id']).toBe(element(plain.text, 'TraceId'));

    const { faults } = cloud.cloud.control;
    faults.clear();
    faults.add({ times: 1, fault: { kind: 'status', status: 503, retryAfterSeconds: 5 } });
    faults.add({
      fault: { kind: 'status', status: 500, retryAfterSeconds: 60, retryAfterForm: 'date', code: 'Strange' },
    });
    const seconds = await asked();
    const date = await asked();
    expect([seconds.status, element(seconds.text, 'Code'), seconds.headers['retry-after']]).toEqual([
      503,
      'ServiceUnavailable',
      '5',
    ]);
    expect([date.status, element(date.text, 'Code')]).toEqual([500, 'Strange']);
    expect(date.headers['retry-after']).toBe(new Date(START + 60_000).toUTCString());
  });

  test.each(['before', 'mid-body'] as const)('can break the connection: %s', async (when) => {
    const { asked } = await struck({ kind: 'reset', when });

    await expect(asked()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('can break it after a write took effect, or before', async () => {
    const cloud = await TestCloud.start();
    const { faults } = cloud.cloud.control;
    const put = (path: string) => cloud.ask({ method: 'PUT', path, body: 'a' });
    faults.add({ match: { pathPrefix: '/after' }, fault: { kind: 'reset', when: 'after' } });
    faults.add({ match: { pathPrefix: '/before' }, fault: { kind: 'reset', when: 'before' } });

    await expect(put('/after')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(put('/before')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await cloud.cloud.control.listKeys(DOCS)).toEqual(['after']);
  });

  test('can cut the XML while HTTP is whole', async () => {
    const { asked, whole } = await struck({ kind: 'truncated', length: 'cut' });
    const { status, body, headers } = await asked();

    expect(status).toBe(200);
    expect(headers['content-length']).toBe(String(body.length));
    expect(whole.body.subarray(0, body.length).equals(body)).toBe(true);
    expect(body.length).toBe(Math.floor(whole.body.length / 2));
  });

  test('can announce more than it sends', async () => {
    const { asked } = await struck({ kind: 'truncated', length: 'whole' });

    await expect(asked()).rejects.toThrow('aborted');
  });

  test.each([
    ['html-body', 'text/html', /^<!DOCTYPE html>/],
    ['json-body', 'application/json', /^\{/],
    ['empty-body', 'application/xml', /^$/],
    ['error-body', 'application/xml', /<Error>[\s\S]*<Code>InternalError</],
  ] as const)('can put something else into a 200: %s', async (kind, type, body) => {
    const { asked } = await struck({ kind });
    const answer = await asked();

    expect([answer.status, answer.headers['content-type']]).toEqual([200, type]);
    expect(answer.text).toMatch(body);
  });

  test('can answer about another job', async () => {
    const { asked, jobId, whole } = await struck({ kind: 'other-job' });
    const other = element((await asked()).text, 'JobId');

    expect(element(whole.text, 'JobId')).toBe(jobId);
    expect(other).toMatch(/^d[0-9a-f]{32}$/);
    expect(other).not.toBe(jobId);
  });

  test('can be silence until the cloud closes, whether or not the write took effect', async () => {
    const cloud = await TestCloud.start();
    const { control } = cloud.cloud;
    control.faults.add({ match: { pathPrefix: '/after' }, fault: { kind: 'hang', when: 'after' } });
    control.faults.add({ match: { pathPrefix: '/before' }, fault: { kind: 'hang', when: 'before' } });
    const silent = ['/after', '/before'].map((path) => cloud.ask({ method: 'PUT', path, body: 'a' }));
    const both = Promise.allSettled(silent);
    // Both have been dealt with once later requests are answered and counted.
    while (control.statistics.requests({ operation: 'PutObject' }).length < 2) await cloud.ask({ path: '/' });
    expect(await control.listKeys(DOCS)).toEqual(['after']);
    await cloud.cloud.close();

    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  test('can be a delay, which holds up nobody else', async () => {
    const cloud = await TestCloud.start();
    cloud.cloud.control.faults.add({
      match: { pathPrefix: '/slow' },
      fault: { kind: 'latency', ms: 3_600_000 },
    });
    const slow = expect(cloud.ask({ path: '/slow' })).rejects.toMatchObject({ code: 'ECONNRESET' });

    expect((await cloud.ask({ path: '/' })).status).toBe(200);
    await cloud.cloud.close();
    await slow;
  });

  test('can be a delay with another fault on top', async () => {
    const { cloud, asked } = await struck({ kind: 'latency', ms: 1 });
    expect((await asked()).status).toBe(200);
    cloud.cloud.control.faults.add({ fault: { kind: 'status', status: 500 } });
    expect((await asked()).status).toBe(500);
  });

  test('can be a clock that is ahead or behind, told by the date of the answer', async () => {
    const { cloud, asked } = await struck({ kind: 'clock-skew', ms: 3_600_000 });
    const expired = await asked();
    expect([expired.status, element(expired.text, 'Code')]).toEqual([401, 'SignatureExpired']);
    expect(expired.headers['date']).toBe(new Date(START + 3_600_000).toUTCString());

    cloud.cloud.control.faults.clear();
    cloud.cloud.control.faults.add({
      match: { family: 'cos' },
      fault: { kind: 'clock-skew', ms: -3_600_000 },
    });
    const ahead = await cloud.ask({ path: '/' });
    expect([ahead.status, element(ahead.text, 'Code')]).toEqual([403, 'RequestTimeTooSkewed']);
  });

  test('can be a signature that expired on its way, in each family’s words', async () => {
    const { cloud, asked } = await struck({ kind: 'expired-signature' });
    cloud.cloud.control.faults.add({ match: { family: 'cos' }, fault: { kind: 'expired-signature' } });
    const ci = await asked();
    const cos = await cloud.ask({ path: '/' });

    expect([ci.status, element(ci.text, 'Code')]).toEqual([401, 'SignatureExpired']);
    expect([cos.status, element(cos.text, 'Message')]).toEqual([403, 'Request has expired']);
  });
});
