import { afterEach, describe, expect, test } from '@jest/globals';
import { decodeDescribe } from '../../lib/doc-jobs/decode.js';
import { parseJobId, type JobId } from '../../lib/domain/names.js';
import type { JobScript } from '../../local/ci/script.js';
import { answer, ScriptedServer, type Step } from '../support/scripted-server.js';
import { DOCS, element, TestCloud, type Received } from './clouds.js';
import { describeJob, refusal, submit, submitted } from './documents.js';

let receiver: ScriptedServer | undefined;

afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});

async function receive(step: Step = answer(200, 'thanks')): Promise<ScriptedServer> {
  receiver = await ScriptedServer.start(step);
  return receiver;
}

const idOf = (text: string): JobId => {
  const id = parseJobId(text);
  if (id === undefined) throw new Error(`${text} is no job ID`);
  return id;
};

async function submitWith(cloud: TestCloud, rest: string, script: JobScript = {}): Promise<JobId> {
  return idOf(await submitted(cloud, { durationMs: 0, ...script }, { rest }));
}

const callback = (url: URL | string, more = ''): string => `<CallBack>${String(url)}</CallBack>${more}`;

const setQueue = (cloud: TestCloud, notification: string): Promise<Received> =>
  cloud.ask({
    family: 'ci',
    method: 'PUT',
    path: `/docqueue/${cloud.cloud.control.queueIdOf(DOCS)}`,
    body: `<Request><Name>mine</Name><State>Active</State><NotifyConfig>${notification}</NotifyConfig></Request>`,
  });

const notification = (url: URL | string, state = 'On', format = 'XML'): string =>
  `<Url>${String(url)}</Url><Event>TaskFinish</Event><Type>Url</Type><State>${state}</State><ResultFormat>${format}</ResultFormat>`;

const delivered = ({ cloud }: TestCloud, jobId: JobId, count?: number) =>
  cloud.control.callbacks.delivered(jobId, count);

describe('a job with a callback', () => {
  test('is reported when it has ended, by itself, in the documented form', async () => {
    const cloud = await TestCloud.start();
    const { origin, requests } = await receive();
    const jobId = await submitWith(cloud, callback(new URL('/hook?a=1', origin)), { pages: 2 });

    expect(await delivered(cloud, jobId)).toEqual([
      { jobId, outcome: 'answered', status: 200, body: 'thanks' },
    ]);
    const [request] = requests;
    expect(request).toMatchObject({
      method: 'POST',
      url: '/hook?a=1',
      headers: { 'user-agent': 'Go-http-client/1.1', 'content-type': 'application/xml' },
    });
    const text = request?.body.toString() ?? '';
    expect(element(text, 'EventName')).toBe('TaskFinish');
    // Apart from the event's name it is what a describe answers.
    const described = await describeJob(cloud, jobId);
    expect(text.replace('<EventName>TaskFinish</EventName>\n', '')).toBe(described.text);
    const response = {
      status: 200,
      headers: {},
      body: request?.body ?? Buffer.alloc(0),
      requestId: undefined,
    };
    expect(decodeDescribe(response, jobId)).toMatchObject({
      job: { state: 'Success', pages: { length: 2 } },
    });
  });

  test('is reported in JSON if it asks for that: the jobs in a list, numbers without quotes', async () => {
    const cloud = await TestCloud.start();
    const { origin, requests } = await receive();
    const rest = callback(origin, '<CallBackFormat>JSON</CallBackFormat>');
    const jobId = await submitWith(cloud, rest, { pages: 2 });
    await delivered(cloud, jobId);
    expect(requests[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(requests[0]?.body.toString() ?? '')).toMatchObject({
      EventName: 'TaskFinish',
      JobsDetail: [
        {
          JobId: jobId,
          State: 'Success',
          Input: { BucketId: DOCS },
          Operation: { DocProcessResult: { SuccPageCount: 2, PageInfo: [{ PageNo: 1 }, { PageNo: 2 }] } },
        },
      ],
    });
  });

  test('is not reported while it runs, and is when the clock has come to its end', async () => {
    const cloud = await TestCloud.start();
    const { origin, requests } = await receive();
    const jobId = await submitWith(cloud, callback(origin), { durationMs: 5_000 });
    cloud.nowMs += 4_999;
    cloud.cloud.control.jobs();
    expect(requests).toHaveLength(0);
    cloud.nowMs += 1;
    cloud.cloud.control.jobs();
    expect(await delivered(cloud, jobId)).toHaveLength(1);
  });

  test('is reported once although nobody answers, and no redirect is followed', async () => {
    const cloud = await TestCloud.start();
    const { origin, requests } = await receive((request, response, socket) => {
      if (request.url === '/reset') socket.resetAndDestroy();
      else response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const lost = await submitWith(cloud, callback(new URL('/reset', origin)));
    expect(await delivered(cloud, lost)).toMatchObject([{ outcome: 'unanswered' }]);
    const redirected = await submitWith(cloud, callback(new URL('/redirect', origin)));
    expect(await delivered(cloud, redirected)).toMatchObject([{ outcome: 'answered', status: 307 }]);
    expect(requests.map(({ url }) => url)).toEqual(['/reset', '/redirect']);
  });

  test.each([
    'https://127.0.0.1/',
    'http://example.com/',
    'http://localhost:1/',
    'http://10.0.0.1/',
    'http://127.0.0.1.example.com/',
    'nonsense',
  ])('is refused where the callback would leave the machine: %s', async (url) => {
    const cloud = await TestCloud.start();
    expect(await refusal(submit(cloud, {}, { rest: callback(url) }))).toEqual([400, 'InvalidArgument']);
    expect(await refusal(setQueue(cloud, notification(url)))).toEqual([400, 'InvalidArgument']);
  });

  test.each(['<CallBackType>TDMQ</CallBackType>', '<CallBackFormat>YAML</CallBackFormat>'])(
    'is refused with %s',
    async (more) => {
      const cloud = await TestCloud.start();
      const rest = callback('http://127.0.0.1:1/', more);
      expect(await refusal(submit(cloud, {}, { rest }))).toEqual([400, 'InvalidArgument']);
    },
  );
});

describe("a queue's notification", () => {
  test('reports all jobs that come into it, but those that say no', async () => {
    const cloud = await TestCloud.start();
    const { origin, requests } = await receive();
    expect(element((await setQueue(cloud, notification(origin))).text, 'Url')).toBe(String(origin));
    const silent = await submitWith(cloud, callback('no'));
    const own = await submitWith(cloud, callback(new URL('/own', origin)));
    const plain = await submitWith(cloud, '');
    await delivered(cloud, own);
    await delivered(cloud, plain);
    const heard = requests.map(({ url, body }) => [url, element(body.toString(), 'JobId')]);
    expect(heard.sort()).toEqual([
      ['/', plain],
      ['/own', own],
    ]);
    expect(cloud.cloud.control.jobs().find(({ jobId }) => jobId === silent)?.state).toBe('Success');
  });

  test('is off until it is set, is given back, and can be turned off', async () => {
    const cloud = await TestCloud.start();
    const { origin } = await receive();
    const describeQueue = async (): Promise<string> =>
      (await cloud.ask({ family: 'ci', path: '/docqueue' })).text;
    expect(await describeQueue()).toContain('<State>Off</State>');
    await setQueue(cloud, notification(origin, 'On', 'JSON'));
    expect(element(await describeQueue(), 'ResultFormat')).toBe('JSON');
    await setQueue(cloud, notification(origin, 'Off'));
    expect(await describeQueue()).toContain('<State>Off</State>');
  });
});

describe('a callback goes wrong', () => {
  test('by coming twice', async () => {
    const cloud = await TestCloud.start();
    const { origin, requests } = await receive();
    const jobId = await submitWith(cloud, callback(origin), { callback: 'duplicate' });
    expect(await delivered(cloud, jobId, 2)).toHaveLength(2);
    expect(requests[0]?.body).toEqual(requests[1]?.body);
  });

  test('by being lost', async () => {
    const cloud = await TestCloud.start();
    const { origin, requests } = await receive();
    const jobId = await submitWith(cloud, callback(origin), { callback: 'lost' });
    expect(await delivered(cloud, jobId)).toEqual([{ jobId, outcome: 'lost' }]);
    expect(requests).toHaveLength(0);
  });

  test('by telling of a success while the job still runs', async () => {
    const cloud = await TestCloud.start();
    const { origin, requests } = await receive();
    const script: JobScript = { callback: 'premature', ends: 'never', pages: 2 };
    const jobId = await submitWith(cloud, callback(origin), script);
    await delivered(cloud, jobId);
    expect(element(requests[0]?.body.toString() ?? '', 'State')).toBe('Success');
    expect(element((await describeJob(cloud, jobId)).text, 'State')).toBe('Running');
  });

  test('by being late', async () => {
    const cloud = await TestCloud.start();
    const { origin, requests } = await receive();
    const late = await submitWith(cloud, callback(origin), { callbackDelayMs: 150 });
    const other = await submitWith(cloud, callback(origin));
    await delivered(cloud, other);
    await delivered(cloud, late);
    expect(requests.map(({ body }) => element(body.toString(), 'JobId'))).toEqual([other, late]);
  });
});
