import { describe, expect, test } from '@jest/globals';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { decodeCreated, decodeDescribe } from '../../lib/doc-jobs/decode.js';
import type { DocJob, SucceededJob } from '../../lib/doc-jobs/doc-job.js';
import { answer, fixture, JOB_ID, jobIdOf, jobsDetail, pageInfo } from './answers.js';

function found(body: string | Uint8Array, asked = JOB_ID): DocJob {
  const decoded = decodeDescribe(answer(body), asked);
  if (decoded.kind !== 'found') throw new Error('the job is missing');
  return decoded.job;
}

function succeeded(body: string | Uint8Array): SucceededJob {
  const job = found(body);
  if (job.state !== 'Success') throw new Error(`the job is ${job.state}`);
  return job;
}

/** The message of the UndecodableError that decoding throws. */
function refusal(body: string | Uint8Array, asked = JOB_ID): string {
  try {
    decodeDescribe(answer(body), asked);
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    expect(error.requestId).toBe('request-7');
    return error.message;
  }
  throw new Error('it was decoded');
}

describe('the documented answers', () => {
  test('for a document that is no spreadsheet', () => {
    expect(decodeDescribe(answer(fixture('non-excel.xml')), JOB_ID)).toEqual({
      kind: 'found',
      requestId: 'request-7',
      job: {
        jobId: JOB_ID,
        state: 'Success',
        code: 'Success',
        message: null,
        tag: 'DocProcess',
        queueId: 'p50882922b848464fadd222d771438328',
        inputObject: '1.doc',
        output: { bucket: 'examplebucket-1250000000', region: 'ap-chongqing', object: 'big/test-${Number}' },
        userData: null,
        creationTime: { iso: '2020-07-24T17:28:47+08:00', at: Date.UTC(2020, 6, 24, 9, 28, 47) },
        startTime: null,
        endTime: { iso: '2020-07-24T17:28:49+08:00', at: Date.UTC(2020, 6, 24, 9, 28, 49) },
        counts: { total: 2, succeeded: 1, failed: 0, sheets: null },
        pages: [{ pageNo: 2, tgtUri: 'big/test-1', picIndex: null, picNum: null, sheetPics: null }],
      },
    });
  });

  test('for a spreadsheet', () => {
    const job = succeeded(fixture('excel.xml'));
    expect(job).toMatchObject({
      queueId: 'p5fdbba9a9b83479f84538d5beb*****',
      inputObject: '1.xlsx',
      output: { bucket: 'markjrzhang-1251704708', object: 'mark/${SheetID}/pic-${Page}.jpg' },
      counts: { total: 6, succeeded: 6, failed: 0, sheets: 3 },
    });
    expect(job.pages).toEqual([
      { pageNo: 1, tgtUri: 'mark2/1/test-1.jpg', picIndex: 1, picNum: 1, sheetPics: 2 },
      { pageNo: 1, tgtUri: 'mark2/1/test-2.jpg', picIndex: 2, picNum: 2, sheetPics: 2 },
    ]);
  });

  test('for a job just submitted: Code is Success already, State is not', () => {
    expect(found(fixture('pending.xml'))).toMatchObject({
      state: 'Submitted',
      code: 'Success',
      creationTime: { iso: '2023-02-20T15:41:08+08:00' },
      startTime: null,
      endTime: null,
      output: { region: 'ap-beijing' },
    });
  });

  test('for a job that failed', () => {
    expect(found(fixture('failed.xml'))).toMatchObject({
      state: 'Failed',
      code: '-3006',
      message: 'the document is encrypted <password>',
      inputObject: '报告 & 附件.docx',
      userData: 'order=7',
      startTime: { iso: '2024-05-06T10:00:01+08:00' },
    });
  });

  test('for a job that CI does not know', () => {
    expect(decodeDescribe(answer(fixture('missing.xml')), JOB_ID)).toEqual({
      kind: 'missing',
      jobId: JOB_ID,
      requestId: 'request-7',
    });
  });
});

describe('the state', () => {
  test.each(['Submitted', 'Running', 'Pause', 'Failed', 'Cancel', 'Success'])(
    '%s is taken as it is',
    (state) => {
      expect(found(jobsDetail({ state })).state).toBe(state);
    },
  );

  test.each(['Deleted', 'success', 'SUCCESS', 'Successful', '0'])('%s is kept as unrecognized', (state) => {
    expect(found(jobsDetail({ state }))).toMatchObject({ state: 'Unrecognized', reportedState: state });
  });

  test.each(['', ' ', '<!-- Success -->'])('%j is no state', (state) => {
    expect(refusal(jobsDetail({ state }))).toBe('Response.JobsDetail has no State');
  });

  test('two states are none', () => {
    expect(refusal(jobsDetail({ rest: '<State>Failed</State>' }))).toBe(
      'Response.JobsDetail has State twice',
    );
  });

  test('a state elsewhere does not count', () => {
    const body = `<Response><State>Success</State><JobsDetail><JobId>${JOB_ID}</JobId></JobsDetail></Response>`;
    expect(refusal(body)).toBe('Response.JobsDetail has no State');
  });

  test('pages of a job that has not succeeded are not looked at', () => {
    const job = found(
      jobsDetail({ state: 'Running', result: '<PageInfo>half</PageInfo><SuccPageCount>-</SuccPageCount>' }),
    );
    expect(job).not.toHaveProperty('pages');
  });
});

describe('pages', () => {
  test('none, one and many come as a list, in order', () => {
    expect(succeeded(jobsDetail()).pages).toEqual([]);
    expect(succeeded(jobsDetail({ result: pageInfo(1, 'a') })).pages).toHaveLength(1);
    const many = Array.from({ length: 1_000 }, (_, index) => pageInfo(1_000 - index, `out/${index}.jpg`));
    const { pages } = succeeded(jobsDetail({ result: many.join('\n') }));
    expect(pages).toHaveLength(1_000);
    expect(pages.map((page) => page.tgtUri)).toEqual(many.map((_, index) => `out/${index}.jpg`));
    expect(pages[0]?.pageNo).toBe(1_000);
  });

  test('pages around other elements are all found', () => {
    const result = `${pageInfo(1, 'a')}<SuccPageCount>2</SuccPageCount>${pageInfo(2, 'b')}`;
    expect(succeeded(jobsDetail({ result })).pages.map((page) => page.tgtUri)).toEqual(['a', 'b']);
  });

  test.each<[what: string, xml: string, tgtUri: string]>([
    ['with a leading slash', '/test_doc/normal/abc_1.jpg', '/test_doc/normal/abc_1.jpg'],
    ['without extension', 'big/test-1', 'big/test-1'],
    ['with references', 'a&amp;b/&#x4e2d;&#39;.jpg', "a&b/中'.jpg"],
    ['as CDATA', '<![CDATA[a&b/<1>.jpg]]>', 'a&b/<1>.jpg'],
    ['that looks like a number', '001', '001'],
    ['with spaces inside', 'my file 1.jpg', 'my file 1.jpg'],
    ['that was percent-encoded', 'a%20b.jpg', 'a%20b.jpg'],
  ])('a key %s is kept as given', (_what, xml, tgtUri) => {
    expect(succeeded(jobsDetail({ result: pageInfo(1, xml) })).pages[0]?.tgtUri).toBe(tgtUri);
  });

  test('a spreadsheet of 2020 has X-SheetPics but no PicIndex and PicNum; empty ones count as absent', () => {
    const result =
      '<PageInfo><PageNo>3</PageNo><TgtUri>a</TgtUri><X-SheetPics>2</X-SheetPics><PicNum/><PicIndex> </PicIndex></PageInfo>';
    expect(succeeded(jobsDetail({ result })).pages).toEqual([
      { pageNo: 3, tgtUri: 'a', sheetPics: 2, picNum: null, picIndex: null },
    ]);
  });

  test.each<[what: string, page: string, problem: string]>([
    ['no key', '<PageInfo><PageNo>1</PageNo></PageInfo>', 'PageInfo[2] has no TgtUri'],
    ['an empty key', pageInfo(1, ' '), 'PageInfo[2] has no TgtUri'],
    [
      'two keys',
      '<PageInfo><PageNo>1</PageNo><TgtUri>a</TgtUri><TgtUri>b</TgtUri></PageInfo>',
      'has TgtUri twice',
    ],
    ['no number', '<PageInfo><TgtUri>a</TgtUri></PageInfo>', 'PageInfo[2] has no PageNo'],
    ['nothing', '<PageInfo/>', 'PageInfo[2] has no PageNo'],
    ['a negative number', pageInfo(-1, 'a'), 'PageInfo[2] has a PageNo that is no count'],
    ['a fraction', pageInfo('1.0', 'a'), 'PageNo that is no count'],
    ['an exponent', pageInfo('1e2', 'a'), 'PageNo that is no count'],
    ['a hexadecimal number', pageInfo('0x1', 'a'), 'PageNo that is no count'],
    ['a number that JavaScript rounds', pageInfo('9007199254740993', 'a'), 'PageNo that is no count'],
    ['other digits', pageInfo('１', 'a'), 'PageNo that is no count'],
    ['a dash', pageInfo('-', 'a'), 'PageNo that is no count'],
    ['a number with elements in it', pageInfo('<X>1</X>', 'a'), 'PageNo holds elements'],
    [
      'a broken PicNum',
      '<PageInfo><PageNo>1</PageNo><TgtUri>a</TgtUri><PicNum>x</PicNum></PageInfo>',
      'PicNum that is no count',
    ],
    ['text around its fields', '<PageInfo>1<PageNo>1</PageNo><TgtUri>a</TgtUri></PageInfo>', 'holds text'],
  ])('a page with %s makes the answer undecodable', (_what, page, problem) => {
    expect(refusal(jobsDetail({ result: `${pageInfo(1, 'first')}${page}` }))).toContain(problem);
  });

  test('a sheet number 0 and leading zeros are numbers', () => {
    const { pages } = succeeded(jobsDetail({ result: pageInfo(0, 'a') + pageInfo('007', 'b') }));
    expect(pages.map((page) => page.pageNo)).toEqual([0, 7]);
  });
});

describe('counts', () => {
  test('absent and empty ones are null, and need not add up', () => {
    const result = '<TotalPageCount>7</TotalPageCount><SuccPageCount>2</SuccPageCount><FailPageCount/>';
    expect(succeeded(jobsDetail({ result })).counts).toEqual({
      total: 7,
      succeeded: 2,
      failed: null,
      sheets: null,
    });
  });

  test('FailCount, as one page of 2020 prints it, counts where FailPageCount is not there', () => {
    const failed = (result: string) => succeeded(jobsDetail({ result })).counts.failed;
    expect(failed('<FailCount>3</FailCount>')).toBe(3);
    expect(failed('<FailCount>3</FailCount><FailPageCount>0</FailPageCount>')).toBe(0);
  });

  test.each(['x', '-1', '1.5', '1 2', '9007199254740992'])('%j is no count', (text) => {
    expect(refusal(jobsDetail({ result: `<SuccPageCount>${text}</SuccPageCount>` }))).toBe(
      'Response.JobsDetail.Operation.DocProcessResult has a SuccPageCount that is no count',
    );
  });

  test('a success without DocProcessResult has no pages, and nothing was counted', () => {
    const job = succeeded(
      `<Response><JobsDetail><JobId>${JOB_ID}</JobId><State>Success</State></JobsDetail></Response>`,
    );
    expect(job.pages).toEqual([]);
    expect(job.counts).toEqual({ total: null, succeeded: null, failed: null, sheets: null });
  });

  test('a second DocProcessResult makes the answer undecodable', () => {
    const body = jobsDetail().replace('</Operation>', '<DocProcessResult/></Operation>');
    expect(refusal(body)).toBe('Response.JobsDetail.Operation has DocProcessResult twice');
  });
});

describe('facts', () => {
  const withOperation = (operation: string) =>
    `<Response><JobsDetail><JobId>${JOB_ID}</JobId><State>Failed</State>${operation}</JobsDetail></Response>`;

  test('everything but the ID and the state may be missing', () => {
    expect(found(withOperation(''))).toEqual({
      jobId: JOB_ID,
      state: 'Failed',
      code: null,
      message: null,
      tag: null,
      queueId: null,
      inputObject: null,
      output: null,
      userData: null,
      creationTime: null,
      startTime: null,
      endTime: null,
    });
  });

  test.each([
    '<Output/>',
    '<Output><Bucket>b-1250000000</Bucket></Output>',
    '<Output><Bucket/><Region>ap-beijing</Region><Object>o</Object></Output>',
    '<Output><Bucket>b-1250000000</Bucket><Region> </Region></Output>',
  ])('%s is no output', (output) => {
    expect(found(withOperation(`<Operation>${output}</Operation>`)).output).toBeNull();
  });

  test('an output without a key template is one', () => {
    const output = '<Output><Bucket>b-1250000000</Bucket><Region>ap-beijing</Region></Output>';
    expect(found(withOperation(`<Operation>${output}</Operation>`)).output).toEqual({
      bucket: 'b-1250000000',
      region: 'ap-beijing',
      object: '',
    });
  });

  test('a time in another form than expected costs the time, not the job', () => {
    const job = found(
      jobsDetail({
        rest: '<CreationTime>yesterday</CreationTime><EndTime>2020-02-31T00:00:00+0800</EndTime>',
      }),
    );
    expect(job).toMatchObject({ state: 'Success', creationTime: null, endTime: null });
  });

  test('unknown elements are ignored, wherever they are and whatever they hold', () => {
    const unknown = '<Future a="1"><State>Failed</State>text<PageInfo/></Future><Future/>';
    const body = fixture('excel.xml')
      .toString('utf8')
      .replace(/<\/(Response|JobsDetail|Operation|DocProcessResult|PageInfo|Output|Input)>/g, `${unknown}$&`);
    expect(found(body)).toEqual(found(fixture('excel.xml')));
  });
});

describe('which job an answer is about', () => {
  test.each(['001', '1e5', '0x1F', 'true'])('the ID %s stays text', (id) => {
    const body = jobsDetail().replace(JOB_ID, id);
    expect(found(body, jobIdOf(id)).jobId).toBe(id);
  });

  test.each([
    ['1', '001'],
    ['100000', '1e5'],
    ['d13cfd584cd9011ea820b597ad1785a2f', 'd13cfd584cd9011ea820b597ad1785a2e'],
    ['D13CFD', 'd13cfd'],
  ])('an answer about %s does not answer for %s', (told, asked) => {
    expect(refusal(jobsDetail().replace(JOB_ID, told), jobIdOf(asked))).toBe(
      `Response is about the job ${told}, not about ${asked}`,
    );
  });

  test.each(['', '../x', 'a/b', 'x y', 'a'.repeat(129)])('%j is no job ID', (id) => {
    expect(refusal(jobsDetail().replace(JOB_ID, id))).toMatch(
      /^Response\.JobsDetail has (no JobId|a JobId that is no job ID)$/,
    );
  });

  test('two IDs, or two jobs, even if one is the right one, make an answer undecodable', () => {
    expect(refusal(jobsDetail({ rest: '<JobId>other</JobId>' }))).toBe('Response.JobsDetail has JobId twice');
    const detail = /<JobsDetail>.*<\/JobsDetail>/.exec(jobsDetail())?.[0] ?? '';
    expect(refusal(`<Response>${detail}${detail}</Response>`)).toBe('Response has JobsDetail twice');
  });

  test.each([
    ['alone', `<NonExistJobIds>${JOB_ID}</NonExistJobIds>`],
    [
      'among repeated elements',
      `<NonExistJobIds>a</NonExistJobIds><NonExistJobIds>${JOB_ID}</NonExistJobIds>`,
    ],
    ['in a list with commas', `<NonExistJobIds>a,${JOB_ID},b</NonExistJobIds>`],
    ['in a list with commas and spaces', `<NonExistJobIds>a, ${JOB_ID}</NonExistJobIds>`],
    ['in a list with line ends', `<NonExistJobIds>\n${JOB_ID}\nb\n</NonExistJobIds>`],
  ])('a job that NonExistJobIds names %s is missing', (_how, elements) => {
    expect(decodeDescribe(answer(`<Response>${elements}</Response>`), JOB_ID).kind).toBe('missing');
  });

  test.each([
    ['nothing at all', ''],
    ['an empty NonExistJobIds', '<NonExistJobIds/>'],
    ['another missing job', '<NonExistJobIds>other</NonExistJobIds>'],
    ['an ID that only begins alike', `<NonExistJobIds>${JOB_ID}0</NonExistJobIds>`],
    ['a request ID', '<RequestId>1</RequestId>'],
  ])('an answer that holds %s says nothing about the job', (_what, elements) => {
    expect(refusal(`<Response>${elements}</Response>`)).toBe(`Response says nothing about the job ${JOB_ID}`);
  });

  test('a job that is described is there, also beside other missing ones', () => {
    for (const element of ['<NonExistJobIds/>', '<NonExistJobIds>other</NonExistJobIds>']) {
      expect(found(jobsDetail().replace('</Response>', `${element}</Response>`)).state).toBe('Success');
    }
  });

  test('an answer that describes the job and says that there is none is undecodable', () => {
    const body = jobsDetail().replace('</Response>', `<NonExistJobIds>${JOB_ID}</NonExistJobIds></Response>`);
    expect(refusal(body)).toContain('says that there is none');
  });

  test('an empty JobsDetail describes no job: NonExistJobIds decides', () => {
    expect(
      decodeDescribe(
        answer(`<Response><JobsDetail/><NonExistJobIds>${JOB_ID}</NonExistJobIds></Response>`),
        JOB_ID,
      ),
    ).toMatchObject({
      kind: 'missing',
      jobId: JOB_ID,
    });
    expect(refusal('<Response><JobsDetail/></Response>')).toContain(`says nothing about the job ${JOB_ID}`);
  });
});

describe('what is no answer', () => {
  test.each<[what: string, body: string]>([
    ['nothing', ''],
    ['an HTML page', '<html><head><title>502 Bad Gateway</title></head></html>'],
    ['JSON', `{"Response":{"JobsDetail":{"JobId":"${JOB_ID}","State":"Success"}}}`],
    ['an error', '<Error><Code>InternalError</Code></Error>'],
    ['a job without its Response', `<JobsDetail><JobId>${JOB_ID}</JobId><State>Success</State></JobsDetail>`],
    ['text in the Response', `<Response>${JOB_ID}</Response>`],
    ['a DOCTYPE', `<!DOCTYPE Response>${jobsDetail()}`],
    ['an entity that a DOCTYPE would define', jobsDetail({ result: pageInfo(1, '&page;') })],
  ])('%s is refused', (_what, body) => {
    expect(refusal(body)).not.toBe('');
  });

  test("the documentation's own skeleton, which is not well-formed, is refused", () => {
    expect(refusal(jobsDetail({ result: '<TgtType></TgtType/>' }))).toContain('begins no tag');
  });

  test('more than 8 MiB are refused, and what 5,000 pages with long keys need is not', () => {
    const key = 'k'.repeat(850);
    const whole = jobsDetail({
      result: Array.from({ length: 5_000 }, (_, index) => pageInfo(index + 1, key)).join('\n'),
    });
    expect(succeeded(whole).pages).toHaveLength(5_000);
    expect(refusal(whole + ' '.repeat(8 * 1024 * 1024 - whole.length + 1))).toContain(
      'more than the 8388608 allowed',
    );
  });
});

describe('the answer to a create', () => {
  test('is the job as CI made it', () => {
    expect(decodeCreated(answer(fixture('pending.xml')))).toMatchObject({
      jobId: JOB_ID,
      state: 'Submitted',
    });
  });

  test('must name one job', () => {
    const create = (body: string) => () => decodeCreated(answer(body));
    expect(create('<Response/>')).toThrow('Response has no JobsDetail');
    expect(create('<Response><JobsDetail/><JobsDetail/></Response>')).toThrow(
      'Response has JobsDetail twice',
    );
    expect(create('<Response/>')).toThrow(UndecodableError);
  });
});
