import { describe, expect, test } from '@jest/globals';
import { BEIJING, DOCS, element, PAGES, TestCloud } from './clouds.js';
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
