import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { decodeDescribe } from '../../lib/doc-jobs/decode.js';
import { parseJobId, type JobId } from '../../lib/domain/names.js';
import { BEIJING, DOCS, element, elements, PAGES, SHANGHAI, TestCloud } from './clouds.js';
import { create, createBody, describeJob, refusal, submitted } from './documents.js';

const stateOf = async (cloud: TestCloud, jobId: string): Promise<string | undefined> =>
  element((await describeJob(cloud, jobId)).text, 'State');

describe('a job', () => {
  test('is submitted with all that the documented answer has, and no end yet', async () => {
    const cloud = await TestCloud.start();
    await cloud.cloud.control.putObject(DOCS, 'in/a & b.docx', Buffer.from('document'));
    const { status, headers, text } = await create(
      cloud,
      createBody('in/a &amp; b.docx', { process: '<Zoom>50</Zoom>' }),
    );

    expect(status).toBe(200);
    expect(headers).toMatchObject({ server: 'tencent-ci', 'content-type': 'application/xml' });
    expect(element(text, 'JobId')).toMatch(/^d[0-9a-f]{32}$/);
    const jobId = element(text, 'JobId') ?? '';
    expect(text).toBe(
      `<?xml version="1.0" encoding="utf-8"?>
<Response>
<JobsDetail>
<Code>Success</Code>
<CreationTime>2026-01-01T08:00:00+0800</CreationTime>
<EndTime>-</EndTime>
<Input>
<BucketId>${DOCS}</BucketId>
<Object>in/a &amp; b.docx</Object>
<Region>${BEIJING}</Region>
</Input>
<JobId>${jobId}</JobId>
<Message/>
<Operation>
<DocProcess>
<Comments>0</Comments>
<DocPassword/>
<EndPage>5001</EndPage>
<ImageDpi>96</ImageDpi>
<ImageParams/>
<PageRanges/>
<PaperDirection>0</PaperDirection>
<PaperSize>0</PaperSize>
<PicPagination>0</PicPagination>
<Quality>100</Quality>
<SheetId>0</SheetId>
<SrcType/>
<StartPage>1</StartPage>
<TgtType>jpg</TgtType>
<Zoom>50</Zoom>
</DocProcess>
<JobLevel>0</JobLevel>
<Output>
<Bucket>${PAGES}</Bucket>
<Object>out/\${SheetID}-\${Number}.jpg</Object>
<Region>${SHANGHAI}</Region>
</Output>
</Operation>
<QueueId>${cloud.cloud.control.queueIdOf(DOCS)}</QueueId>
<StartTime>-</StartTime>
<State>Submitted</State>
<Tag>DocProcess</Tag>
</JobsDetail>
</Response>`,
    );
  });

  test('runs and then succeeds, by the cloud’s clock alone', async () => {
    const cloud = await TestCloud.start();
    const jobId = await submitted(cloud, { durationMs: 5_000, pages: 2 });

    expect(await stateOf(cloud, jobId)).toBe('Running');
    cloud.nowMs += 4_999;
    expect(await stateOf(cloud, jobId)).toBe('Running');
    cloud.nowMs += 1;
    const { text, body } = await describeJob(cloud, jobId);
    expect(element(text, 'StartTime')).toBe('2026-01-01T08:00:00+0800');
    expect(element(text, 'EndTime')).toBe('2026-01-01T08:00:05+0800');
    // Our own decoder understands it, to the last field.
    expect(
      decodeDescribe({ status: 200, body, headers: {}, requestId: undefined }, jobIdOf(jobId)),
    ).toMatchObject({
      kind: 'found',
      job: {
        state: 'Success',
        code: 'Success',
        inputObject: 'in/a.docx',
        output: { bucket: PAGES, region: SHANGHAI },
        counts: { total: 2, succeeded: 2, failed: 0, sheets: null },
        pages: [
          { pageNo: 1, tgtUri: 'out/1-1.jpg' },
          { pageNo: 2, tgtUri: 'out/1-2.jpg' },
        ],
      },
    });
  });

  test('without a script has three pages after one second', async () => {
    const cloud = await TestCloud.start();
    const jobId = await submitted(cloud, {});
    cloud.nowMs += 1_000;

    expect(elements((await describeJob(cloud, jobId)).text, 'TgtUri')).toHaveLength(3);
  });

  test('leaves a picture for each page in the output bucket', async () => {
    const cloud = await TestCloud.start();
    await submitted(cloud, { durationMs: 0, pages: 3 }, { process: '<TgtType>png</TgtType>' });
    const host = `${PAGES}.cos.${SHANGHAI}.myqcloud.com`;
    const { text } = await cloud.ask({ path: '/', host });
    const picture = await cloud.ask({ path: '/out/1-2.jpg', host });

    expect(elements(text, 'Key')).toEqual(['out/1-1.jpg', 'out/1-2.jpg', 'out/1-3.jpg']);
    expect(picture.headers['content-type']).toBe('image/png');
    expect(picture.body.toString('latin1')).toMatch(/^\x89PNG/);
  });

  test('leaves none where the output bucket is not in this cloud', async () => {
    const cloud = await TestCloud.start();
    const body = createBody('in/a.docx').replace(SHANGHAI, BEIJING);
    await cloud.cloud.control.putObject(DOCS, 'in/a.docx', Buffer.from('document'), { durationMs: 0 });
    expect((await create(cloud, body)).status).toBe(200);

    expect(await cloud.cloud.control.listKeys(PAGES)).toEqual([]);
  });

  test('can have more pages than a listing shows, all described at once and all written', async () => {
    const cloud = await TestCloud.start();
    const jobId = await submitted(cloud, { pages: 1_200, durationMs: 0 });

    expect(elements((await describeJob(cloud, jobId)).text, 'PageNo')).toHaveLength(1_200);
    expect(await cloud.cloud.control.listKeys(PAGES, 'out/')).toHaveLength(1_200);
  });

  test('can be a spreadsheet, whose pictures are numbered in three ways', async () => {
    const cloud = await TestCloud.start();
    const jobId = await submitted(cloud, { sheets: [2, 1], durationMs: 0 });
    const { text } = await describeJob(cloud, jobId);

    expect(elements(text, 'PageNo')).toEqual(['1', '1', '2']);
    expect(elements(text, 'PicIndex')).toEqual(['1', '2', '3']);
    expect(elements(text, 'PicNum')).toEqual(['1', '2', '1']);
    expect(elements(text, 'X-SheetPics')).toEqual(['2', '2', '1']);
    expect(elements(text, 'TgtUri')).toEqual(['out/1-1.jpg', 'out/1-2.jpg', 'out/2-1.jpg']);
    expect(element(text, 'TotalSheetCount')).toBe('2');
  });

  test('converts the pages that were asked for, and counts those of the source', async () => {
    const cloud = await TestCloud.start();
    const process = '<StartPage>3</StartPage><EndPage>4</EndPage>';
    const jobId = await submitted(
      cloud,
      { pages: 9, durationMs: 0 },
      { process, output: 'p${Page}n${Number}' },
    );
    const { text } = await describeJob(cloud, jobId);

    expect(elements(text, 'TgtUri')).toEqual(['p3n1', 'p4n2']);
    expect([element(text, 'TotalPageCount'), element(text, 'SuccPageCount')]).toEqual(['9', '2']);
  });

  test.each([
    [{ ends: 'Failed' }, 'Failed', '-3006'],
    [{ ends: 'Cancel' }, 'Cancel', 'Success'],
  ] as const)('ends as scripted: %j', async (script, state, code) => {
    const cloud = await TestCloud.start();
    const jobId = await submitted(cloud, { ...script, durationMs: 1_000 });
    cloud.nowMs += 1_000;
    const { text } = await describeJob(cloud, jobId);

    expect([element(text, 'State'), element(text, 'Code')]).toEqual([state, code]);
    expect(element(text, 'EndTime')).toBe('2026-01-01T08:00:01+0800');
    expect(text).not.toContain('DocProcessResult');
    expect(await cloud.cloud.control.listKeys(PAGES)).toEqual([]);
  });

  test('never ends when its script says so', async () => {
    const cloud = await TestCloud.start();
    const jobId = await submitted(cloud, { ends: 'never' });
    cloud.nowMs += 20 * 86_400_000;

    expect(await stateOf(cloud, jobId)).toBe('Running');
  });

  test('pauses before it runs', async () => {
    const cloud = await TestCloud.start();
    const jobId = await submitted(cloud, { pauseMs: 2_000, durationMs: 1_000 });
    const states = [];
    for (let second = 0; second <= 3; second += 1, cloud.nowMs += 1_000)
      states.push(await stateOf(cloud, jobId));

    expect(states).toEqual(['Pause', 'Pause', 'Running', 'Success']);
  });

  test('can be in a state that nobody knows, for ever or until it ends', async () => {
    const cloud = await TestCloud.start();
    const forEver = await submitted(cloud, { state: 'Exploded', durationMs: 1_000 });
    const forAWhile = await submitted(cloud, { state: 'Exploded', durationMs: 1_000, ends: 'Success' });
    const states = async () => [await stateOf(cloud, forEver), await stateOf(cloud, forAWhile)];

    expect(await states()).toEqual(['Exploded', 'Exploded']);
    cloud.nowMs += 1_000;
    expect(await states()).toEqual(['Exploded', 'Success']);
  });

  test('can succeed with its list of pages still filling', async () => {
    const cloud = await TestCloud.start();
    const jobId = await submitted(cloud, { pages: 10, durationMs: 1_000, fillMs: 2_000 });
    const shown = async () => {
      const { text } = await describeJob(cloud, jobId);
      return [element(text, 'SuccPageCount'), elements(text, 'PageNo').length];
    };
    cloud.nowMs += 1_000;
    expect(await shown()).toEqual(['10', 0]);
    cloud.nowMs += 1_000;
    expect(await shown()).toEqual(['10', 5]);
    cloud.nowMs += 1_000;
    expect(await shown()).toEqual(['10', 10]);
  });

  test('can have failed pages and keys with a slash', async () => {
    const cloud = await TestCloud.start();
    const jobId = await submitted(cloud, { pages: 3, failPages: 2, tgtUriLeadingSlash: true, durationMs: 0 });
    const { text } = await describeJob(cloud, jobId);

    expect(elements(text, 'TgtUri')).toEqual(['/out/1-1.jpg']);
    expect([element(text, 'FailPageCount'), element(text, 'SuccPageCount')]).toEqual(['2', '1']);
    expect(await cloud.cloud.control.listKeys(PAGES)).toEqual(['out/1-1.jpg']);
  });

  test.each([
    [1, 'non-excel.xml'],
    [2, 'excel.xml'],
  ] as const)('can end with the documented example %d, byte for byte', async (documented, file) => {
    const cloud = await TestCloud.start();
    const jobId = await submitted(cloud, { documented, durationMs: 1_000 });
    expect(jobId).toBe('d13cfd584cd9011ea820b597ad1785a2f');
    expect(await stateOf(cloud, jobId)).toBe('Running');
    cloud.nowMs += 1_000;

    const example = readFileSync(new URL(`../doc-jobs/fixtures/${file}`, import.meta.url));
    expect((await describeJob(cloud, jobId)).body.equals(example)).toBe(true);
  });
});

describe('an unknown job', () => {
  const unknown = 'd00000000000000000000000000000000';

  test('is listed as not existing, or answered with 404', async () => {
    const cloud = await TestCloud.start();
    const listed = await describeJob(cloud, unknown);

    expect(listed.status).toBe(200);
    expect(decodeDescribe({ ...listed, requestId: undefined }, jobIdOf(unknown))).toMatchObject({
      kind: 'missing',
    });
    cloud.cloud.control.behaviour.unknownJob = 'not-found';
    expect(await refusal(describeJob(cloud, unknown))).toEqual([404, 'ResourceNotFound']);
  });

  test('is one of another bucket, one that was forgotten, and one older than a month', async () => {
    const cloud = await TestCloud.start();
    const forgotten = await submitted(cloud, { forget: true });
    const kept = await submitted(cloud, {});
    const isKnown = async (jobId: string) => (await describeJob(cloud, jobId)).text.includes('JobsDetail');
    const elsewhere = await cloud.ask({
      path: `/doc_jobs/${kept}`,
      host: `${PAGES}.ci.${SHANGHAI}.myqcloud.com`,
    });

    expect(elsewhere.text).toContain(`<NonExistJobIds>${kept}</NonExistJobIds>`);
    expect([await isKnown(forgotten), await isKnown(kept)]).toEqual([false, true]);
    cloud.nowMs += 30 * 86_400_000 - 1;
    expect(await isKnown(kept)).toBe(true);
    cloud.nowMs += 1;
    expect(await isKnown(kept)).toBe(false);
  });
});

function jobIdOf(text: string): JobId {
  const jobId = parseJobId(text);
  if (jobId === undefined) throw new Error(`${text} is no job ID`);
  return jobId;
}
