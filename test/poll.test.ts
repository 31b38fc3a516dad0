import { afterEach, expect, test } from '@jest/globals';
import { after, millis, seconds } from '../lib/domain/units.js';
import type { Invocation } from '../lib/platform/invocation.js';
import { systemClock } from '../lib/platform/system.js';
import { createPoll } from '../lib/poll.js';
import { TEST_KEY } from './queue/aws-environment.js';
import { EmbeddedSqs, REGION } from './queue/embedded-sqs.js';
import { answer, ScriptedServer } from './support/scripted-server.js';

let server: ScriptedServer | undefined;
let aws: EmbeddedSqs | undefined;

afterEach(async () => {
  await server?.close();
  await aws?.close();
  server = undefined;
  aws = undefined;
});

test('connections are used again within a call, and never outlive it: a frozen function would find them closed', async () => {
  server = await ScriptedServer.start(
    answer(200, '<Response><NonExistJobIds>d1</NonExistJobIds></Response>'),
  );
  const { origin } = server.origin;
  const poll = createPoll(
    {
      QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/pending',
      DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/dead',
      SOURCE_BUCKET: 'docs-1250000000',
      SOURCE_REGION: 'ap-beijing',
      COS_ENDPOINT: origin,
      CI_ENDPOINT: origin,
    },
    { clock: systemClock, random: () => 0, writeLine: () => undefined },
  );
  const call = (): Invocation => ({
    trigger: { kind: 'jobs', messages: ['d1'] },
    deadline: after(systemClock.now(), seconds(60)),
    requestId: 'r1',
    platform: { kind: 'lambda', functionName: 'docjob-poll' },
    credentials: () => ({ secretId: 'id', secretKey: 'key' }),
  });
  await poll(call());
  await poll(call());
  const [probe, look, nextProbe, nextLook] = server.requests.map(({ socket }) => socket);
  expect(look).toBe(probe);
  expect(nextProbe).not.toBe(probe);
  expect(nextLook).toBe(nextProbe);
});

test('a slow SQS does not carry a run past its deadline: what is under way then is given up', async () => {
  server = await ScriptedServer.start(
    answer(200, '<Response><NonExistJobIds>d1</NonExistJobIds></Response>'),
  );
  aws = await EmbeddedSqs.startInRealTime();
  const { control } = aws.sqs;
  control.send('jobs', 'no job at all, {');
  control.fail('SendMessageBatch', { kind: 'delay', ms: 900 });
  control.fail('DeleteMessageBatch', { kind: 'delay', ms: 60_000 }, 10);
  const lines: string[] = [];
  const poll = createPoll(
    {
      QUEUE_URL: aws.urlOf('jobs'),
      DEAD_LETTER_QUEUE_URL: aws.urlOf('dead'),
      QUEUE_KIND: 'sqs',
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: TEST_KEY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: TEST_KEY.secretAccessKey,
      SOURCE_BUCKET: 'docs-1250000000',
      SOURCE_REGION: 'ap-beijing',
      COS_ENDPOINT: server.origin.origin,
      CI_ENDPOINT: server.origin.origin,
      REQUEST_TIMEOUT_MS: '100',
    },
    { clock: systemClock, random: () => 0, writeLine: (line) => lines.push(line) },
  );
  const deadline = after(systemClock.now(), millis(3_900));
  await poll({
    trigger: { kind: 'timer' },
    deadline,
    requestId: 'r1',
    platform: { kind: 'lambda', functionName: 'docjob-poll' },
    credentials: () => ({ secretId: 'id', secretKey: 'key' }),
  });
  expect(systemClock.now()).toBeLessThan(deadline);
  expect(lines.join('\n')).toContain('settle-failed');
  expect(control.calls('DeleteMessageBatch')).toBeGreaterThan(0);
});
