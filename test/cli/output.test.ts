import { describe, expect, test } from '@jest/globals';
import { toldError } from '../../cli/errors.js';
import { commandLog } from '../../cli/log.js';
import { fieldLines, Output } from '../../cli/output.js';
import { hasColours, safe, styleOf } from '../../cli/style.js';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { epochMs } from '../../lib/domain/units.js';

function anOutput({ isTTY = false, isJson = false, env = {} } = {}) {
  const text = { stdout: '', stderr: '' };
  const time = { now: 0 };
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY,
    columns: 30,
    write: (part: string) => (text[name] += part),
  });
  const clock = { now: () => epochMs(time.now) };
  const output = new Output({ stdout: stream('stdout'), stderr: stream('stderr'), env, clock, isJson });
  return { output, text, time, clock };
}

describe('colours', () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, false],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j on a terminal: %j are used: %j', (env, isTTY, expected) => {
    expect(hasColours(env, isTTY)).toBe(expected);
  });
});

describe('the output', () => {
  test('has results on standard output, and all else on standard error', () => {
    const { output, text } = anOutput();
    output.result({ a: 1 }, () => 'one');
    output.note('a note');
    output.warn('a warning');
    expect(text).toEqual({ stdout: 'one\n', stderr: 'a note\nwarning: a warning\n' });
  });

  test('is JSON throughout where that is asked for', () => {
    const { output, text } = anOutput({ isJson: true });
    output.item({ a: 1 }, () => 'one');
    output.note('a note');
    output.warn('a warning');
    expect(text).toEqual({ stdout: '{"a":1}\n', stderr: '{"note":"a note"}\n{"warning":"a warning"}\n' });
  });

  test('writes progress over on a terminal, and takes it back before anything else', () => {
    const { output, text } = anOutput({ isTTY: true, env: { NO_COLOR: '1' } });
    output.progress('1 of 2');
    output.progress('a line that is longer than the terminal is wide');
    output.note('done');
    output.endProgress();
    expect(text.stderr).toBe('\r\u001b[2K1 of 2\r\u001b[2Ka line that is longer than th\r\u001b[2Kdone\n');
  });

  test('tells progress now and then where there is no terminal', () => {
    const { output, text, time } = anOutput();
    for (time.now = 0; time.now <= 25_000; time.now += 1_000) output.progress(`${time.now}`);
    expect(text.stderr).toBe('10000\n20000\n');
  });

  test('lets no text from outside command a terminal or forge a line', () => {
    expect(safe('a\u001b[2J\n\u202eb')).toBe('a\\u001b[2J\\u000a\\u202eb');
    expect(fieldLines([['key', 'a\nstate  Success']], styleOf(false))).toBe('key  a\\u000astate  Success');
    const { output, text } = anOutput();
    output.warn('one\u001b[2J\ntwo');
    expect(text.stderr).toBe('warning: one\\u001b[2J\ntwo\n');
  });

  test("tells a service's error in one line, its request ID once", () => {
    const { output, text } = anOutput();
    const error = new ServiceError({
      asked: 'GET a',
      status: 503,
      serviceCode: 'SlowDown',
      disposition: 'throttled',
      requestId: 'NTY',
    });
    output.error(toldError(error));
    expect(text.stderr).toBe(
      'docjob: GET a was answered with 503 SlowDown (request ID NTY); try again later, or lower REQUESTS_PER_SECOND [SlowDown]\n',
    );
  });

  test('tells a bug as one', () => {
    expect(toldError(new TypeError('x is undefined'))).toMatchObject({
      code: 'internal',
      exitCode: 70,
      hint: expect.stringContaining('--debug'),
    });
  });
});

describe('the log inside a command', () => {
  test('is words, with no secret in them', () => {
    const { output, text, clock } = anOutput();
    const log = commandLog('info', output, clock);
    log.debug('not-this');
    log.info('swept', { pages: 2, bucket: 'docs' });
    log.warn('refused', { token: 'a-token', where: { key: 'a' } });
    expect(text.stderr).toBe(
      '00:00:00 swept pages=2 bucket=docs\nwarning: refused token=[redacted] where={"key":"a"}\n',
    );
  });

  test('is lines of JSON with --json', () => {
    const { output, text, clock } = anOutput({ isJson: true });
    commandLog('info', output, clock).info('swept', { pages: 2 });
    expect(JSON.parse(text.stderr)).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      event: 'swept',
      pages: 2,
    });
  });
});
