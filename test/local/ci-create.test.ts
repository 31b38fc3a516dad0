import { describe, expect, test } from '@jest/globals';
import type { CosRequester } from '../../lib/cos/requester.js';
import type { DocJobOptions } from '../../lib/doc-jobs/create-options.js';
import { createDocProcessJob } from '../../lib/doc-jobs/create.js';
import { BEIJING, DOCS, element, PAGES, SHANGHAI, TestCloud } from './clouds.js';
import { create, createBody, describeJob, refusal } from './documents.js';

describe('a create is refused', () => {
  const valid = createBody('in/a.docx');
  test.each([
    ['without a body', '', 'MissingContent'],
    ['for XML that is cut', valid.slice(0, -1), 'InvalidContent'],
    ['for JSON', '{"Request":{}}', 'InvalidContent'],
    ['for another root', valid.replaceAll('Request>', 'Response>'), 'InvalidContent'],
    ['for another tag', createBody('in/a.docx', { tag: 'Transcode' }), 'InvalidArgument'],
    ['without an input', valid.replace(/<Input>.*<\/Input>/, ''), 'InvalidArgument'],
    ['for an input that does not exist', createBody('in/none.docx'), 'ResourceNotFound'],
    ['without an output', valid.replace(/<Output>.*<\/Output>/, ''), 'InvalidArgument'],
    ['without an output bucket', valid.replace(/<Bucket>.*<\/Bucket>/, ''), 'InvalidArgument'],
    ['without an output region', valid.replace(/<Region>.*<\/Region>/, ''), 'InvalidArgument'],
    ['for a bucket without an APPID', valid.replace(PAGES, 'pages'), 'InvalidArgument'],
    [
      'for a template that keeps no pages apart',
      createBody('in/a.docx', { output: 'out.jpg' }),
      'InvalidArgument',
    ],
    ['for two outputs', valid.replace(/(<Output>.*<\/Output>)/, '$1$1'), 'InvalidArgument'],
    [
      'for a parameter out of bounds',
      createBody('in/a.docx', { process: '<Zoom>201</Zoom>' }),
      'InvalidArgument',
    ],
    ['for a misspelt parameter', createBody('in/a.docx', { process: '<Dpi>96</Dpi>' }), 'InvalidArgument'],
    [
      'for a repeated parameter',
      createBody('in/a.docx', { process: '<Zoom>9</Zoom><Zoom>9</Zoom>' }),
      'InvalidArgument',
    ],
    [
      'for an unknown suffix',
      createBody('in/a.docx', { process: '<SrcType>.docx</SrcType>' }),
      'InvalidArgument',
    ],
    [
      'for ranges that are none',
      createBody('in/a.docx', { process: '<PageRanges>1;2</PageRanges>' }),
      'InvalidArgument',
    ],
    [
      'for an unknown element',
      createBody('in/a.docx', { rest: '<Callback>no</Callback>' }),
      'InvalidArgument',
    ],
    ['for an unknown input', valid.replace('</Input>', '<Url>x</Url></Input>'), 'InvalidArgument'],
    ['for an unknown output', valid.replace('</Output>', '<Acl>x</Acl></Output>'), 'InvalidArgument'],
    [
      'for a level that is none',
      valid.replace('</Operation>', '<JobLevel>3</JobLevel></Operation>'),
      'InvalidArgument',
    ],
    [
      'for user data that is no ASCII',
      valid.replace('</Operation>', '<UserData>é</UserData></Operation>'),
      'InvalidArgument',
    ],
    [
      'for a callback in no known form',
      createBody('in/a.docx', { rest: '<CallBackFormat>YAML</CallBackFormat>' }),
      'InvalidArgument',
    ],
    [
      'for a message queue that is not named',
      createBody('in/a.docx', { rest: '<CallBackType>TDMQ</CallBackType>' }),
      'InvalidArgument',
    ],
    [
      'for a queue that does not exist',
      createBody('in/a.docx', { rest: '<QueueId>p0</QueueId>' }),
      'QueueNotFound',
    ],
  ])('%s', async (_, body, code) => {
    const cloud = await TestCloud.start();
    await cloud.cloud.control.putObject(DOCS, 'in/a.docx', Buffer.from('document'));

    expect(await refusal(create(cloud, body))).toEqual([400, code]);
    expect(cloud.cloud.control.jobs()).toEqual([]);
  });

  test.each([
    ['{', 'is not URL-encoded JSON'],
    ['{"pages":-1}', 'wrong at pages'],
    ['{"pages":5001}', 'wrong at pages'],
    ['{"speed":1}', 'wrong at speed'],
    ['{"ends":"Exploded"}', 'wrong at ends'],
    ['{"sheets":[3000,3000]}', 'more than 5000 pictures'],
  ])('for the script %s, and says why', async (script, why) => {
    const cloud = await TestCloud.start();
    const headers = { 'x-cos-meta-docjob-script': encodeURIComponent(script) };
    await cloud.ask({ method: 'PUT', path: '/in/a.docx', body: 'document', headers });
    const { status, text } = await create(cloud, valid);

    expect([status, element(text, 'Code')]).toEqual([400, 'InvalidArgument']);
    expect(element(text, 'Message')).toContain(why);
  });
});

test('a create takes every option that our client sends, and gives it back', async () => {
  const cloud = await TestCloud.start();
  await cloud.cloud.control.putObject(DOCS, 'in/a.xlsx', Buffer.from('document'));
  const options = {
    ...{ sourceType: 'xlsx', targetType: 'png', startPage: 2, endPage: 4, sheetId: 3, paperDirection: 1 },
    ...{ paperSize: 2, imageParams: 'imageMogr2/rotate/90', docPassword: 'a<b>&c', comments: 1, quality: 80 },
    ...{ zoom: 200, imageDpi: 600, picPagination: 1, jobLevel: 2, userData: 'order 7' },
    ...{ queueId: cloud.cloud.control.queueIdOf(DOCS), callBackFormat: 'JSON', callBackType: 'TDMQ' },
    callBackMqConfig: { mqRegion: 'bj', mqMode: 'Queue', mqName: 'jobs' },
  } as const satisfies DocJobOptions;
  let sent = '';
  const requester: CosRequester = {
    send: async (request, decode) => {
      sent = Buffer.from(request.body ?? []).toString();
      const { family, method, path, headers = {} } = request;
      const {
        status,
        body,
        headers: answered,
      } = await cloud.ask({ family, method, path, headers, body: sent });
      return decode({ status, body, headers: answered, requestId: undefined });
    },
  };
  const output = { bucket: PAGES, region: SHANGHAI, object: 'out/${SheetID}/${Number}' };
  const job = await createDocProcessJob(
    requester,
    { bucket: DOCS, region: BEIJING },
    { object: 'in/a.xlsx', output, ...options },
  );

  expect(job).toMatchObject({ state: 'Submitted', userData: 'order 7', output });
  const { text } = await describeJob(cloud, job.jobId);
  // Each element of the request's DocProcess is in the answer, as it was sent.
  const elements = [
    ...(/<DocProcess>(.*)<\/DocProcess>/.exec(sent)?.[1] ?? '').matchAll(/<(\w+)>[^<]*<\/\1>/g),
  ];
  expect(elements).toHaveLength(14);
  for (const [whole] of elements) expect(text).toContain(whole);
  expect(element(text, 'JobLevel')).toBe('2');
});

describe('CI’s hosts', () => {
  test('know no other paths, and no buckets that are not there', async () => {
    const cloud = await TestCloud.start();

    for (const path of ['/', '/jobs', '/doc_jobs/a/b', '/docqueue/x']) {
      expect(await refusal(cloud.ask({ family: 'ci', path }))).toEqual([404, 'InvalidUrl']);
    }
    const host = `none-1250000000.ci.${BEIJING}.myqcloud.com`;
    expect(await refusal(cloud.ask({ path: '/doc_jobs/d1', host }))).toEqual([404, 'NoSuchBucket']);
  });

  test('deny what the account may not do, in CI’s form', async () => {
    const cloud = await TestCloud.start();
    cloud.cloud.control.deny({ operation: 'DescribeDocProcessJob', bucket: DOCS });

    expect(await refusal(describeJob(cloud, 'd1'))).toEqual([403, 'AccessDenied']);
  });
});
