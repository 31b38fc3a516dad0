import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCallback } from '../../lib/callback.js';
import { MAX_BODY_BYTES } from '../../lib/callback/notice.js';
import { after, millis, seconds, type Millis } from '../../lib/domain/units.js';
import type { UrlAnswer, UrlRequest } from '../../lib/platform/function-url.js';
import { systemClock } from '../../lib/platform/system.js';
import { TEST_KEY } from '../queue/aws-environment.js';
import { EmbeddedSqs, REGION } from '../queue/embedded-sqs.js';
import { jobInState } from '../support/fake-service.js';
import { answer, errorAnswer, ScriptedServer, type Step } from '../support/scripted-server.js';

const SECRET = 'kX3-9fQ_w7LmZ2pRtYb8uVc5nHs4gJd1';

const running: (ScriptedServer | EmbeddedSqs)[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

interface Setting {
  readonly ci: ScriptedServer;
  readonly aws: EmbeddedSqs;
  readonly lines: Record<string, unknown>[];
  readonly call: (request: Partial<UrlRequest>, timeout?: Millis) => Promise<UrlAnswer>;
}

/** The callback function between a CI that answers by the script and an embedded SQS. */
async function setUp(
  ciStep: Step,
  env: (aws: EmbeddedSqs) => Record<string, string> = () => ({}),
): Promise<Setting> {
  const ci = await ScriptedServer.start(ciStep);
  const aws = await EmbeddedSqs.startInRealTime();
  running.push(ci, aws);
  const lines: Record<string, unknown>[] = [];
  const callback = createCallback(
    {
      QUEUE_URL: aws.urlOf('jobs'),
      QUEUE_KIND: 'sqs',
      DEAD_LETTER_QUEUE_URL: aws.urlOf('dead'),
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: TEST_KEY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: TEST_KEY.secretAccessKey,
      SOURCE_BUCKET: 'docs-1250000000',
      SOURCE_REGION: 'ap-beijing',
      CI_ENDPOINT: ci.origin.origin,
      COS_ENDPOINT: ci.origin.origin,
      REQUEST_RETRIES: '0',
      CALLBACK_SECRET: SECRET,
      ...env(aws),
    },
    {
      clock: systemClock,
      random: () => 0,
      writeLine: (line) => lines.push(JSON.parse(line) as Record<string, unknown>), // our own log's lines are objects
    },
  );
  return {
    ci,
    aws,
    lines,
    call: (request, timeout = seconds(30)) =>
      callback({
        deadline: after(systemClock.now(), timeout),
        requestId: 'r1',
        credentials: () => ({ secretId: 'id', secretKey: 'key' }),
        request: { method: 'POST', path: `/${SECRET}`, body: '', isBase64: false, ...request },
      }),
  };
}

const HERE = { bucket: 'docs-1250000000', region: 'ap-beijing' };

const finish = (...ids: readonly string[]): string =>
  JSON.stringify({ EventName: 'TaskFinish', JobsDetail: ids.map((JobId) => ({ JobId })) });

/** CI knows no job. */
const missing: Step = (request, response, socket) => {
  const id = (request.url ?? '').split('/').at(-1) ?? '';
  answer(200, `<Response><NonExistJobIds>${id}</NonExistJobIds></Response>`)(request, response, socket);
};

/** What is in the queue of pending jobs. */
const queued = ({ sqs }: EmbeddedSqs): readonly unknown[] =>
  sqs.control.messages('jobs').map(({ content }) => JSON.parse(content.body) as unknown);

const bodyOf = ({ body }: UrlAnswer): unknown => JSON.parse(body);

describe('the callback function', () => {
  test('asks nobody before it has seen the secret, and reads no body', async () => {
    const { ci, aws, call, lines } = await setUp(missing);
    const { statusCode } = await call({ path: '/x', body: finish('d1') });
    expect(statusCode).toBe(404);
    expect(ci.requests.length + aws.sqs.control.calls('SendMessageBatch')).toBe(0);
    expect(lines.map(({ event }) => event)).toEqual(['callback-refused']);
  });

  test('asks about a job once, without a probe, and queues a job that CI does not know yet', async () => {
    const { ci, aws, call, lines } = await setUp(missing);
    const answered = await call({ body: finish('d1') });
    expect([answered.statusCode, bodyOf(answered)]).toEqual([200, { finished: 0, queued: 1, lost: 0 }]);
    expect(ci.requests.map(({ url }) => url)).toEqual(['/doc_jobs/d1']);
    expect(queued(aws)).toEqual([{ jobId: 'd1', bucket: 'docs-1250000000', region: 'ap-beijing' }]);
    expect(aws.sqs.control.counts('jobs')).toMatchObject({ visible: 0, delayed: 1 });
    expect(lines).toContainEqual(expect.objectContaining({ event: 'callback-enqueued', jobId: 'd1' }));
  });

  test('tells of a manifest that it wrote; a job whose notice is not taken is queued', async () => {
    const ended: Step = (request, response, socket) => {
      const body = request.method === 'PUT' ? '' : String(jobInState('d1', 'Failed', HERE).body);
      answer(200, body)(request, response, socket);
    };
    const { aws, call } = await setUp(ended, (embedded) => ({ NOTICE_QUEUE_URL: embedded.urlOf('notices') }));
    const untold = await call({ body: finish('d1') });
    expect(bodyOf(untold)).toEqual({ finished: 0, queued: 1, lost: 0 });
    aws.sqs.control.createQueue('notices');
    const told = await call({ body: finish('d1') });
    expect(bodyOf(told)).toEqual({ finished: 1, queued: 0, lost: 0 });
    const notices = aws.sqs.control
      .messages('notices')
      .map(({ content }) => JSON.parse(content.body) as unknown);
    expect(notices).toEqual([expect.objectContaining({ jobId: 'd1', state: 'Failed' })]);
  });

  test('with no time left for a look, queues the jobs unseen', async () => {
    const { ci, aws, call, lines } = await setUp(missing);
    const answered = await call({ body: finish('d1', 'd2') }, seconds(15));
    expect(bodyOf(answered)).toEqual({ finished: 0, queued: 2, lost: 0 });
    expect(ci.requests).toHaveLength(0);
    expect(aws.sqs.control.counts('jobs')).toMatchObject({ visible: 2 });
    expect(lines).toContainEqual(
      expect.objectContaining({ event: 'callback-look-failed', code: 'run-refused', level: 'error' }),
    );
  });

  test('ends in time although CI never answers, and the jobs are queued', async () => {
    const { call } = await setUp(
      () => undefined,
      () => ({ REQUEST_TIMEOUT_MS: '200' }),
    );
    const startedAt = systemClock.now();
    const answered = await call({ body: finish('d1') }, millis(8_600));
    expect(bodyOf(answered)).toEqual({ finished: 0, queued: 1, lost: 0 });
    expect(systemClock.now() - startedAt).toBeLessThan(8_600);
  });

  test('says 500 where only some of the jobs could be queued', async () => {
    const { aws, call, lines } = await setUp(errorAnswer(500, 'InternalError'));
    aws.sqs.control.fail('SendMessageBatch', { kind: 'partial', entries: [1], as: 'InvalidMessageContents' });
    const answered = await call({ body: finish('d1', 'd2') });
    expect(answered.statusCode).toBe(500);
    expect(bodyOf(answered)).toMatchObject({ finished: 0, queued: 1, lost: 1 });
    expect(lines).toContainEqual(
      expect.objectContaining({ event: 'callback-enqueue-failed', jobId: 'd2', code: 'message-refused' }),
    );
  });

  test('says 500 where the queue takes none of them, and 200 when it does the next time', async () => {
    const { aws, call } = await setUp(missing);
    aws.sqs.control.fail('SendMessageBatch', { kind: 'refuse', as: 'AccessDenied' });
    expect((await call({ body: finish('d1') })).statusCode).toBe(500);
    expect((await call({ body: finish('d1') })).statusCode).toBe(200);
    expect(queued(aws)).toHaveLength(1);
  });

  test('says 500 where the queue cannot even be opened, and logs why', async () => {
    const { call, lines } = await setUp(missing, (aws) => ({ DEAD_LETTER_QUEUE_URL: aws.urlOf('jobs') }));
    expect((await call({ body: finish('d1') })).statusCode).toBe(500);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'callback-queue-failed', level: 'error' }));
  });

  test('says 200 to what does not concern it, and looks at nothing', async () => {
    const { ci, call } = await setUp(missing);
    const other = await call({ body: '{"EventName":"WorkflowFinish"}' });
    const foreign = await call({
      body: '{"EventName":"TaskFinish","JobsDetail":[{"JobId":"j1","Tag":"Transcode"}]}',
    });
    expect([other.statusCode, foreign.statusCode]).toEqual([200, 200]);
    expect(ci.requests).toHaveLength(0);
  });

  test('measures a body in base64 by what it stands for', async () => {
    const { call } = await setUp(missing);
    const body = (bytes: number): UrlRequest['body'] => Buffer.alloc(bytes, ' ').toString('base64');
    expect((await call({ isBase64: true, body: body(MAX_BODY_BYTES) })).statusCode).toBe(400);
    expect((await call({ isBase64: true, body: body(MAX_BODY_BYTES + 1) })).statusCode).toBe(413);
    const good = Buffer.from(finish('d1')).toString('base64');
    expect((await call({ isBase64: true, body: good })).statusCode).toBe(200);
  });

  test('has an answer to whatever is sent, and never the secret in the log', async () => {
    const { call, lines } = await setUp(missing);
    const field = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('d1'), fc.constant('TaskFinish'));
    const bodies = fc.oneof(
      field,
      fc
        .tuple(field, field)
        .map(([event, id]) => JSON.stringify({ EventName: event, JobsDetail: { JobId: id } })),
      fc
        .tuple(field, field)
        .map(
          ([event, id]) =>
            `<Response><EventName>${event}</EventName><JobsDetail><JobId>${id}</JobId></JobsDetail></Response>`,
        ),
    );
    await fc.assert(
      fc.asyncProperty(
        bodies,
        fc.boolean(),
        fc.constantFrom('POST', 'GET', 'x'),
        async (body, isBase64, method) => {
          const answered = await call({ body, isBase64, method });
          expect([200, 400, 405, 500]).toContain(answered.statusCode);
          expect(typeof bodyOf(answered)).toBe('object');
        },
      ),
      { numRuns: 100 },
    );
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });
});
