import { describe, expect, test } from '@jest/globals';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { parseXml } from '../../lib/cos/xml.js';
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
      object: '报告 & <附件>.docx',
      output: OUTPUT,
      targetType: 'png',
      startPage: 2,
      endPage: -1,
      queueId: 'p50882922b848464fadd222d771438328',
      userData: ']]> "quoted"',
    });
    const request = parseXml({ body: Buffer.from(body), requestId: undefined }, 'Request', 10_000);
    const operation = request.child('Operation');
    const process = operation?.child('DocProcess');
    expect(request.text('Tag')).toBe('DocProcess');
    expect(request.child('Input')?.text('Object')).toBe('报告 & <附件>.docx');
    expect(request.text('QueueId')).toBe('p50882922b848464fadd222d771438328');
    expect(operation?.text('UserData')).toBe(']]> "quoted"');
    expect(['TgtType', 'StartPage', 'EndPage'].map((name) => process?.text(name))).toEqual([
      'png',
      '2',
      '-1',
    ]);
  });

  test('refuses a key that XML cannot express, and sends nothing', async () => {
    const requester = answering(answer(fixture('pending.xml')));
    const create = createDocProcessJob(requester, SOURCE, { object: 'a\u0000b', output: OUTPUT });
    await expect(create).rejects.toMatchObject({
      code: 'forbidden-character',
      disposition: 'job',
      message: 'Request.Input.Object cannot be sent: it holds the character U+0000, which XML forbids',
    });
    expect(requester.requests).toEqual([]);
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
