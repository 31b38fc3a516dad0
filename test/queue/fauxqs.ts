import { jest } from '@jest/globals';
import { startFauxqs } from 'fauxqs';
import { openTransport } from '../../lib/cos/transport.js';
import { epochMs, seconds } from '../../lib/domain/units.js';
import { openSqsQueue } from '../../lib/queue/sqs.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { TEST_KEY } from './aws-environment.js';
import type { QueueUnderTest } from './contract.js';

/** Everything but the date goes on as it is: servers and clients need their timers. */
const REAL = [
  ...([
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'setImmediate',
    'clearImmediate',
  ] as const),
  ...(['nextTick', 'queueMicrotask', 'performance', 'hrtime'] as const),
];

/** The adapter on fauxqs, an emulator that others wrote; its time is the process's date, which the test moves. */
export async function openOnFauxqs(): Promise<QueueUnderTest> {
  jest.useFakeTimers({ doNotFake: [...REAL], now: START });
  const now = () => epochMs(Date.now());
  const server = await startFauxqs({ port: 0, logger: false });
  const { queueUrl } = server.createQueue('jobs');
  const { queueUrl: deadLetterQueueUrl } = server.createQueue('dead');
  const inspect = (name: string) => {
    const queue = server.inspectQueue(name);
    if (queue === undefined) throw new Error(`fauxqs has no queue ${name}`);
    return queue.messages;
  };
  const options = {
    queueUrl,
    deadLetterQueueUrl,
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${server.port}`,
    defaults: SOURCE,
    requestTimeout: seconds(5),
  };
  const transport = openTransport({ maxSockets: 4 });
  const effects = {
    clock: { now, sleep: () => Promise.resolve() },
    random: () => 0.5,
    transport,
    credentials: TEST_KEY,
    log: jsonLog({ level: 'error', now, write: () => undefined }),
    deadline: epochMs(Number.MAX_SAFE_INTEGER),
  };
  return {
    queue: openSqsQueue(options, effects),
    now,
    advance: (by) => {
      jest.setSystemTime(now() + by);
    },
    rawSend: async (body) => {
      const response = await fetch(options.endpoint, {
        method: 'POST',
        headers: { 'x-amz-target': 'AmazonSQS.SendMessage', 'content-type': 'application/x-amz-json-1.0' },
        body: JSON.stringify({ QueueUrl: queueUrl, MessageBody: body }),
      });
      if (!response.ok) throw new Error(`fauxqs answered ${response.status} to a send`);
    },
    deadLetters: () => {
      const { ready } = inspect('dead');
      return Promise.resolve(
        ready.map(({ body, messageAttributes }) => ({
          body,
          reason: messageAttributes['docjob-reason']?.StringValue,
          detail: messageAttributes['docjob-detail']?.StringValue,
        })),
      );
    },
    size: () => {
      const { ready, delayed, inflight } = inspect('jobs');
      return Promise.resolve(ready.length + delayed.length + inflight.length);
    },
    close: async () => {
      transport.close();
      await server.stop();
      jest.useRealTimers();
    },
  };
}
