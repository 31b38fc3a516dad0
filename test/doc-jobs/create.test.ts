import { describe, expect, test } from '@jest/globals';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { parseXml, type XmlElement } from '../../lib/cos/xml.js';
import { createDocProcessJob, type NewDocJob } from '../../lib/doc-jobs/create.js';
import { answer, fixture, JOB_ID } from './answers.js';
import { answering, refusing, SOURCE, sourceOf } from './requesters.js';

const OUTPUT = { ...sourceOf('results-1250000000', 'ap-chongqing'), object: 'out/${Number}' };

/** The body that creating `job` sends. */
async function sent(job: NewDocJob): Promise<string> {
  const requester = answering(answer(fixture('pending.xml')));
  await createDocProcessJob(requester, SOURCE, job);
  return Buffer.from(requester.requests[0]?.body ?? []).toString('utf8');
}

describe('createDocProcessJob', () => {
  test('posts to the CI host of the source bucket', async () => {
    const requester = answering(answer(fixture('pending.xml')));
    await createDocProcessJob(requester, SOURCE, { object: '1.doc', output: OUTPUT });
    expect(requester.requests).toEqual([
      {
        family: 'ci',
        method: 'POST',
        path: '/doc_jobs',
        headers: { 'content-type': 'application/xml' },
        body: expect.any(Uint8Array),
        ...SOURCE,
      },
    ]);
  });

  test('leaves out what was not given', async () => {
    expect(await sent({ object: '1.doc', output: OUTPUT })).toBe(
      '<Request><Tag>DocProcess</Tag><Input><Object>1.doc</Object></Input>' +
        '<Operation><DocProcess></DocProcess><Output><Region>ap-chongqing</Region>' +
        '<Bucket>results-1250000000</Bucket><Object>out/${Number}</Object></Output></Operation></Request>',
    );
  });

  test('sends every option where it is documented', async () => {
    const body = await sent({
      object: '报告 & <附件>.xlsx',
      output: { ...OUTPUT, object: 'out/${SheetID}/${Number}' },
      sourceType: 'xlsx',
      targetType: 'png',
      startPage: 2,
      endPage: -1,
      sheetId: 3,
      paperDirection: 1,
      paperSize: 2,
      imageParams: 'watermark/2/text/ZG9jam9i|imageMogr2/rotate/90',
      quality: 80,
      zoom: 200,
      imageDpi: 96,
      picPagination: 0,
      docPassword: 'a<b>&"c',
      comments: 1,
      jobLevel: 2,
      queueId: 'p50882922b848464fadd222d771438328',
      userData: ']]> "quoted"',
      callBackFormat: 'JSON',
      callBackType: 'TDMQ',
      callBackMqConfig: { mqRegion: 'bj', mqMode: 'Queue', mqName: 'jobs' },
    });
    const request = parseXml({ body: Buffer.from(body), requestId: undefined }, 'Request', 10_000);
    const operation = request.child('Operation');
    const process = operation?.child('DocProcess');
    const texts = (parent: XmlElement | null | undefined, ...names: readonly string[]) =>
      names.map((name) => parent?.text(name));
    expect(texts(request, 'Tag', 'QueueId', 'CallBackFormat', 'CallBackType')).toEqual([
      ...['DocProcess', 'p50882922b848464fadd222d771438328', 'JSON', 'TDMQ'],
    ]);
    expect(texts(request.child('CallBackMqConfig'), 'MqRegion', 'MqMode', 'MqName')).toEqual([
      ...['bj', 'Queue', 'jobs'],
    ]);
    expect(request.child('Input')?.text('Object')).toBe('报告 & <附件>.xlsx');
    expect(texts(operation, 'UserData', 'JobLevel')).toEqual([']]> "quoted"', '2']);
    expect(texts(process, 'SrcType', 'TgtType', 'StartPage', 'EndPage')).toEqual(['xlsx', 'png', '2', '-1']);
    expect(texts(process, 'SheetId', 'PaperDirection', 'PaperSize')).toEqual(['3', '1', '2']);
    expect(texts(process, 'ImageParams', 'Quality', 'Zoom', 'ImageDpi', 'PicPagination')).toEqual([
      ...['watermark/2/text/ZG9jam9i|imageMogr2/rotate/90', '80', '200', '96', '0'],
    ]);
    expect(texts(process, 'DocPassword', 'Comments')).toEqual(['a<b>&"c', '1']);
  });

  test('sends a callback URL and ranges of pages where they are documented', async () => {
    const body = await sent({
      object: 'a.pdf',
      output: OUTPUT,
      callBack: 'http://h/x?a=1&b=2',
      pageRanges: '1,2-4,7',
    });
    expect(body).toContain('<CallBack>http://h/x?a=1&amp;b=2</CallBack>');
    expect(body).toContain('<DocProcess><PageRanges>1,2-4,7</PageRanges></DocProcess>');
  });

  test('refuses a document with all that is wrong with it, and sends nothing', async () => {
    const requester = answering(answer(fixture('pending.xml')));
    const create = createDocProcessJob(requester, SOURCE, {
      object: 'a\u0000b.docx',
      output: { ...OUTPUT, object: 'out.jpg' },
      zoom: 9,
      docPassword: 'p4ss\u0007word',
    });
    await expect(create).rejects.toMatchObject({
      name: 'DocumentError',
      code: 'bad-document',
      disposition: 'job',
      message:
        '"a\\u0000b.docx" was not submitted: ' +
        'object must not contain control characters or halves of surrogate pairs; ' +
        'output.object must contain ${Number} or ${Page}, or all pictures would have one key; ' +
        'zoom must be a whole number from 10 to 200; ' +
        'docPassword must be 1 to 255 characters, no control character and no space at either end',
    });
    expect(requester.requests).toEqual([]);
  });

  test.each([
    ['of pages', { object: 'a.docx' }, 'out/${Number}'],
    ['of sheets', { object: 'a.xlsx' }, 'out/${SheetID}/${Number}'],
    ['of one file', { object: 'a.xlsx', targetType: 'pdf' as const }, 'out.pdf'],
  ])('takes a template %s', async (_what, job, object) => {
    await expect(sent({ ...job, output: { ...OUTPUT, object } })).resolves.toContain(object);
  });

  test.each([
    ['in.docx', 'out.jpg'],
    ['in.xlsx', 'out/${Number}'],
    ['x'.repeat(851), 'out/${Number}'],
  ])('refuses the document %s with the template %s', async (object, template) => {
    const error = await sent({ object, output: { ...OUTPUT, object: template } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ problems: [expect.stringMatching(/^(?:object|output\.object) /)] });
    // A key may be long; what is said of it is not.
    expect(error).toMatchObject({ message: expect.stringMatching(/^"[^"]{1,200}" was not submitted: /) });
  });

  test('returns the job that was made', async () => {
    const made = await createDocProcessJob(answering(answer(fixture('pending.xml'))), SOURCE, {
      object: '1.doc',
      output: OUTPUT,
    });
    expect(made).toMatchObject({
      jobId: JOB_ID,
      state: 'Submitted',
      creationTime: { iso: '2023-02-20T15:41:08+08:00', at: Date.UTC(2023, 1, 20, 7, 41, 8) },
    });
  });

  test('throws what stands in the way', async () => {
    const job = { object: '1.doc', output: OUTPUT };
    const error = new Error('refused');
    await expect(createDocProcessJob(refusing(error), SOURCE, job)).rejects.toBe(error);
    await expect(createDocProcessJob(answering(answer('<Response/>')), SOURCE, job)).rejects.toThrow(
      UndecodableError,
    );
  });
});
