import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formOf, MAX_BODY_BYTES, MAX_JOBS, readNotice, type Notice } from '../../lib/callback/notice.js';
import { parseBucketName, parseJobId, parseRegion } from '../../lib/domain/names.js';

const read = (body: string): Notice => readNotice(Buffer.from(body));

const xml = (inside: string): string => `<Response>${inside}</Response>`;
const FINISH = '<EventName>TaskFinish</EventName>';
const detail = (id: string, rest = ''): string => `<JobsDetail><JobId>${id}</JobId>${rest}</JobsDetail>`;
const input = (bucket: string, region: string): string =>
  `<Input><BucketId>${bucket}</BucketId><Object>a.docx</Object><Region>${region}</Region></Input>`;

const json = (details: unknown, event: unknown = 'TaskFinish'): string =>
  JSON.stringify({ EventName: event, JobsDetail: details });

const ONE = { kind: 'jobs', jobs: [{ jobId: 'd1' }], unusable: 0, foreign: 0 };
const SOURCED = [{ jobId: 'd1', claimed: { bucket: 'docs-1250000000', region: 'ap-beijing' } }];

describe('a callback', () => {
  test.each([
    ['XML, as documented', xml(FINISH + detail('d1'))],
    [
      'XML with a declaration and a byte order mark',
      `\ufeff<?xml version="1.0" encoding="utf-8"?>\n${xml(FINISH + detail('d1'))}\n`,
    ],
    ['XML after white space', `\n ${xml(FINISH + detail('d1'))}`],
    ['the event of former times', xml('<EventName>TransCodingFinish</EventName>' + detail('d1'))],
    ['XML with elements that nobody knows', xml(`<X a="b"><Y/></X>${FINISH}${detail('d1', '<New>1</New>')}`)],
    [
      'XML whose other fields are odd',
      xml(FINISH + detail('d1', '<Tag>DocProcess</Tag><Input>text</Input>')),
    ],
    ['JSON, as of media jobs', json([{ JobId: 'd1', State: 'Success', Progress: 100 }])],
    ['JSON with one job that is not in a list', json({ JobId: 'd1' })],
    [
      'JSON with a Response around it',
      JSON.stringify({ Response: { EventName: 'TaskFinish', JobsDetail: { JobId: 'd1' } } }),
    ],
    ['JSON with a byte order mark', `\ufeff ${json([{ JobId: 'd1' }])}`],
    ['JSON whose other fields are odd', json([{ JobId: 'd1', Tag: 7, Input: null }])],
  ])('in %s names its job', (_what, body) => {
    expect(read(body)).toEqual(ONE);
  });

  test('names several jobs, each once', () => {
    const ids = ['d1', 'd2', 'd1'];
    const expected = { kind: 'jobs', jobs: [{ jobId: 'd1' }, { jobId: 'd2' }] };
    expect(read(xml(FINISH + ids.map((id) => detail(id)).join('')))).toMatchObject(expected);
    expect(read(json(ids.map((JobId) => ({ JobId }))))).toMatchObject(expected);
  });

  test('claims where the document is, if it names a bucket and a region', () => {
    expect(read(xml(FINISH + detail('d1', input('docs-1250000000', 'ap-beijing'))))).toMatchObject({
      jobs: SOURCED,
    });
    const Input = { BucketId: 'docs-1250000000', Region: 'ap-beijing' };
    expect(read(json([{ JobId: 'd1', Input }]))).toMatchObject({ jobs: SOURCED });
  });

  test.each([
    ['evil.example/', 'ap-beijing'],
    ['docs-1250000000', 'ap-beijing.evil.example'],
    ['docs-1250000000', ''],
    ['', ''],
  ])('claims nothing with the bucket "%s" in "%s"', (bucket, region) => {
    expect(read(xml(FINISH + detail('d1', input(bucket, region))))).toEqual(ONE);
    expect(read(json([{ JobId: 'd1', Input: { BucketId: bucket, Region: region } }]))).toEqual(ONE);
  });

  test('may hold entries that cannot be used, beside others that can', () => {
    expect(read(xml(FINISH + detail('../d1') + detail('d1') + '<JobsDetail/>'))).toEqual({
      ...ONE,
      unusable: 2,
    });
    expect(read(json([{ JobId: 1 }, { JobId: 'd1' }, 'd1', null]))).toEqual({ ...ONE, unusable: 3 });
  });

  test('about jobs of another kind names none of ours', () => {
    const body = xml(FINISH + detail('j1', '<Tag>Transcode</Tag>'));
    expect(read(body)).toEqual({ kind: 'jobs', jobs: [], unusable: 0, foreign: 1 });
  });

  test.each([
    xml('<EventName>WorkflowFinish</EventName><WorkflowExecution/>'),
    json([{ JobId: 'w1' }], 'WorkflowFinish'),
  ])('about another event is known as such: %s', (body) => {
    expect(read(body)).toEqual({ kind: 'other-event' });
  });

  test('may be as large as a platform lets through', () => {
    const page = `<PageInfo><PageNo>1</PageNo><TgtUri>${'k'.repeat(850)}</TgtUri></PageInfo>`;
    const operation = `<Operation><DocProcessResult>${page.repeat(5_000)}</DocProcessResult></Operation>`;
    const body = xml(FINISH + detail('d1', operation));
    expect(body.length).toBeGreaterThan(4_500_000);
    expect(body.length).toBeLessThan(MAX_BODY_BYTES);
    expect(read(body)).toEqual(ONE);
  });
});

describe('a body that is no callback', () => {
  test.each([
    ['nothing', '', 'begins neither as XML nor as a JSON object'],
    ['white space', ' \n', 'begins neither as XML nor as a JSON object'],
    ['a list in JSON', '[]', 'begins neither as XML nor as a JSON object'],
    ['a form', 'JobId=d1', 'begins neither as XML nor as a JSON object'],
    ['XML cut short', xml(FINISH + detail('d1')).slice(0, -5), 'is not the XML of a callback: '],
    ['XML with a DOCTYPE', `<!DOCTYPE x>${xml(FINISH + detail('d1'))}`, 'is not the XML of a callback: '],
    ['another document', '<Error/>', 'is not the XML of a callback: '],
    ['XML with the event twice', xml(FINISH + FINISH + detail('d1')), 'is not the XML of a callback: '],
    ['XML without an event', xml(detail('d1')), 'has no EventName'],
    ['XML without a job', xml(FINISH), 'names no job ID'],
    ['XML whose only job ID is none', xml(FINISH + detail('a/b')), 'names no job ID'],
    ['JSON cut short', json([{ JobId: 'd1' }]).slice(0, -1), 'is not JSON in UTF-8'],
    ['JSON without an event', '{}', 'has no EventName'],
    ['JSON without a job', json([]), 'names no job ID'],
    ['JSON with no jobs at all', json(null), 'names no job ID'],
    ['JSON whose job ID is a number', json([{ JobId: 1 }]), 'names no job ID'],
    ['JSON with a Response that is none', '{"Response":null}', 'has no EventName'],
    ['JSON nested deep', `{"a":${'['.repeat(200_000)}`, 'is not JSON in UTF-8'],
    [
      'more jobs than anybody sends',
      xml(FINISH + detail('d1').repeat(MAX_JOBS + 1)),
      'names 101 jobs, more than 100',
    ],
  ])('%s is refused with its reason', (_what, body, problem) => {
    expect(read(body)).toEqual({ kind: 'unreadable', problem: expect.stringContaining(problem) });
  });

  test.each(['<', '{'])('bytes that are not UTF-8 after %s are refused', (start) => {
    expect(readNotice(Buffer.concat([Buffer.from(start), Buffer.from([0xff, 0xfe])]))).toMatchObject({
      kind: 'unreadable',
    });
  });

  test('is refused in few words, however long its names are', () => {
    const notice = read(`<${'A'.repeat(10_000)}/>`);
    expect(notice).toEqual({ kind: 'unreadable', problem: expect.stringMatching(/^.{1,200}$/) });
  });
});

/** What names no bounds: anything, and bodies that are nearly right. */
const pieces = fc.constantFrom(
  '<',
  '>',
  '/',
  '&lt;',
  '<JobId>',
  '</JobId>',
  FINISH,
  detail('d1'),
  '<!--',
  ']]>',
  'd1',
  '{',
  '}',
  '"JobId":',
  ',',
  '[',
);
const wildText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(pieces).map((some) => some.join('')),
);
const wildBody = fc.oneof(
  fc.uint8Array({ maxLength: 500 }),
  wildText.map((text) => Buffer.from(xml(text))),
  wildText.map((text) => Buffer.from(xml(FINISH + detail(text)))),
  fc.json().map((text) => Buffer.from(`{"EventName":"TaskFinish","JobsDetail":${text}}`)),
  fc
    .record({ JobId: fc.jsonValue(), Tag: fc.jsonValue(), Input: fc.jsonValue() }, { requiredKeys: [] })
    .map((entry) => Buffer.from(json([entry]))),
  fc
    .tuple(wildText, wildText, wildText)
    .map(([JobId, BucketId, Region]) => Buffer.from(json([{ JobId, Input: { BucketId, Region } }]))),
);

test('whatever the body, reading it does not throw, and what it names could go into a host name and a path', () => {
  fc.assert(
    fc.property(wildBody, (body) => {
      formOf(body);
      const notice = readNotice(body);
      if (notice.kind !== 'jobs') return;
      for (const { jobId, claimed } of notice.jobs) {
        expect(parseJobId(jobId)).toBe(jobId);
        if (claimed === undefined) continue;
        expect(parseBucketName(claimed.bucket)).toBe(claimed.bucket);
        expect(parseRegion(claimed.region)).toBe(claimed.region);
      }
    }),
    { numRuns: 2_000 },
  );
});
