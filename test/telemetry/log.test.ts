import { describe, expect, test } from '@jest/globals';
import { jsonLog } from '../../lib/telemetry/log.js';
import { START } from '../support/virtual-clock.js';

function capture(level: 'debug' | 'info' | 'warn' | 'error') {
  const lines: string[] = [];
  const log = jsonLog({
    level,
    now: () => START,
    write: (line) => lines.push(line),
    context: { requestId: 'r1' },
  });
  return { log, lines, parsed: () => lines.map((line): unknown => JSON.parse(line)) };
}

describe('a log line', () => {
  test('is one JSON object with its time, level, event, context and fields', () => {
    const { log, lines, parsed } = capture('info');
    log.warn('look-failed', { jobId: 'd1', message: 'two\nlines' });
    expect(lines[0]).not.toContain('\n');
    expect(parsed()).toEqual([
      {
        time: '2026-01-01T00:00:00.000Z',
        level: 'warn',
        event: 'look-failed',
        requestId: 'r1',
        jobId: 'd1',
        message: 'two\nlines',
      },
    ]);
  });

  test('below the set level is not written', () => {
    const { log, parsed } = capture('warn');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(parsed()).toEqual([
      expect.objectContaining({ event: 'c' }),
      expect.objectContaining({ event: 'd' }),
    ]);
  });

  test.each([
    'secretKey',
    'SecretId',
    'token',
    'x-cos-security-token',
    'Authorization',
    'q-signature',
    'password',
  ])('never shows a field called %s, however deep', (name) => {
    const { log, lines } = capture('info');
    log.info('event', { deep: { [name]: 'hidden-value' } });
    expect(lines[0]).not.toContain('hidden-value');
    expect(lines[0]).toContain('[redacted]');
  });

  test('the count of a disposition is not mistaken for a secret', () => {
    const { log, parsed } = capture('info');
    log.info('run-finished', { report: { errors: { credentials: 1 } } });
    expect(parsed()).toEqual([expect.objectContaining({ report: { errors: { credentials: 1 } } })]);
  });
});
