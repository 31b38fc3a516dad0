import { describe, expect, test } from '@jest/globals';
import { linesOf, readLogLine } from '../../../cli/view/log-lines.js';
import { epochMs } from '../../../lib/domain/units.js';
import { jsonLog } from '../../../lib/telemetry/log.js';
import { inPieces } from './sample-log.js';

const AT = epochMs(Date.UTC(2026, 0, 1));

/** A line as the poller's own log writes it. */
function line(level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>): string {
  let written = '';
  const log = jsonLog({
    level: 'info',
    now: () => AT,
    write: (text) => (written = text),
    context: { requestId: 'r-1' },
  });
  log[level](event, fields);
  return written;
}

const WRITTEN = line('info', 'manifest-written', { jobId: 'd1', state: 'Success', stalenessMs: 1_500 });
const EVENT = { kind: 'manifest', at: AT, stalenessMs: 1_500 };

describe('a line', () => {
  test.each([
    ['as it was written', WRITTEN],
    ['behind what a tool prints before it', `2026-01-01T00:00:00.000Z 2026/01/01/[$LATEST]abc ${WRITTEN}`],
    [
      'in an export of CloudWatch Logs',
      JSON.stringify({ timestamp: 1, message: `${WRITTEN}\n`, eventId: '1' }),
    ],
    ['in an indented export', `            "message": ${JSON.stringify(WRITTEN)},`],
    ['in an answer of Logs Insights', JSON.stringify({ '@timestamp': '…', '@message': WRITTEN })],
    ['in an export of CLS', JSON.stringify({ SCF_FunctionName: 'poll', SCF_Message: WRITTEN })],
    [
      'in an export of CLS that has parsed it',
      JSON.stringify({ SCF_Message: JSON.parse(WRITTEN) as unknown }),
    ],
  ])('is read: %s', (_how, text) => {
    expect(readLogLine(text)).toEqual(EVENT);
  });

  test.each([
    '',
    'START RequestId: 1 Version: $LATEST',
    'REPORT RequestId: 1 Duration: 2 ms',
    '{',
    '{}',
    'null',
    '[1]',
    '{"time":"yesterday","event":"manifest-written"}',
    '{"time":"2026-01-01T00:00:00.000Z"}',
    '"message": "not JSON",',
    line('info', 'run-finished', { report: 'none' }),
    line('info', 'run-finished', { report: { leased: -1 } }),
    line('warn', 'dead-letter', { reason: 7 }),
    line('info', 'swept', { jobs: 3, code: 'no failure' }),
    line('warn', 'queue-falls-behind', { leftMs: 3 }),
  ])('is left out where no report needs it: %s', (text) => {
    expect(readLogLine(text)).toBeUndefined();
  });

  test('of a run is its report, whatever an older version left out', () => {
    const report = { leased: 3, finished: { Success: 2 }, calls: { attempts: { ci: 4 }, retries: 1 } };
    expect(readLogLine(line('info', 'run-finished', { report }))).toMatchObject({
      kind: 'run',
      report: { ...report, waiting: 0, deadLettered: {}, stopped: 'unknown' },
    });
  });

  test.each([
    [{ stalenessMs: null }, null],
    [{}, null],
    [{ stalenessMs: -5 }, null],
    [{ stalenessMs: 0 }, 0],
  ])('of a manifest with %j is as stale as %s', (fields, stalenessMs) => {
    expect(readLogLine(line('info', 'manifest-written', fields))).toEqual({
      kind: 'manifest',
      at: AT,
      stalenessMs,
    });
  });

  test('of a dead letter has its reason, and the name of its message where it holds no job', () => {
    const fields = { lease: 'm-1', reason: 'not-a-job', detail: 'the body is no JSON' };
    expect(readLogLine(line('warn', 'dead-letter', fields))).toEqual({
      kind: 'dead-letter',
      at: AT,
      name: 'm-1',
      bucket: undefined,
      reason: 'not-a-job',
      detail: 'the body is no JSON',
      // That of the call, where the service gave none.
      requestId: 'r-1',
    });
  });

  test('of a failure has its code; what is long is cut', () => {
    const fields = { code: 'x'.repeat(10_000), message: 'y'.repeat(10_000), requestId: 'z'.repeat(10_000) };
    expect(readLogLine(line('error', 'look-failed', fields))).toEqual({
      kind: 'failure',
      at: AT,
      event: 'look-failed',
      code: 'x'.repeat(100),
      message: 'y'.repeat(1_024),
      requestId: 'z'.repeat(100),
      jobId: undefined,
    });
  });
});

describe('the lines of a stream', () => {
  const all = async (chunks: AsyncIterable<Uint8Array | string>): Promise<string[]> => {
    const lines: string[] = [];
    for await (const one of linesOf(chunks)) lines.push(one);
    return lines;
  };

  test.each([1, 2, 3, 1_000])('are whole, wherever its pieces of %d bytes end', async (size) => {
    expect(await all(inPieces(['一行', '', '{"a":"é"}'], size))).toEqual(['一行', '', '{"a":"é"}']);
  });

  test('end with the last, whether or not its end is written', async () => {
    async function* texts() {
      await Promise.resolve();
      yield 'a\nb';
      yield 'c';
    }
    expect(await all(texts())).toEqual(['a', 'bc']);
  });

  test('are cut where they are too long, and the next is whole', async () => {
    async function* texts() {
      await Promise.resolve();
      for (let piece = 0; piece < 64; piece += 1) yield 'x'.repeat(16_384);
      yield '\nnext\n';
    }
    const [long = '', ...rest] = await all(texts());
    expect(long.length).toBeLessThanOrEqual(256 * 1_024);
    expect(rest).toEqual(['next']);
  });
});
