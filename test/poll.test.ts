import { afterEach, expect, test } from '@jest/globals';
import { after, seconds } from '../lib/domain/units.js';
import type { Invocation } from '../lib/platform/invocation.js';
import { systemClock } from '../lib/platform/system.js';
import { createPoll } from '../lib/poll.js';
import { answer, ScriptedServer } from './support/scripted-server.js';

let server: ScriptedServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
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
