import { describe, expect, test } from '@jest/globals';
import { TransportError } from '../../lib/cos/errors/transport-error.js';
import type { Transport } from '../../lib/cos/transport.js';
import { DEFAULT_CMQ_SETTINGS } from '../../lib/queue/cmq-times.js';
import type { DeadLetterRecord, DeadLetters } from '../../lib/queue/dead-letters.js';
import { openDeadLetters } from '../../lib/queue/open-dead-letters.js';
import type { QueueEffects } from '../../lib/queue/open-queue.js';
import { aJobId, aPendingJob } from '../support/pending-jobs.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { DEAD, EmbeddedBucket } from './embedded-bucket.js';
import { EmbeddedCmq } from './embedded-cmq.js';
import { EmbeddedSqs, REGION } from './embedded-sqs.js';
import { addressOf, queueConfig, queueEffects } from './queue-config.js';

/** The first that there is, read no further: a queue of messages would wait for more. */
async function readOne(letters: DeadLetters): Promise<DeadLetterRecord | undefined> {
  try {
    for await (const letter of letters.read()) return letter;
    return undefined;
  } finally {
    await letters.close();
  }
}

/** What a queue works through that nobody answers, and the hosts that it asked. */
function unanswered(): { readonly effects: QueueEffects; readonly hosts: ReadonlySet<string> } {
  const hosts = new Set<string>();
  const transport: Transport = {
    exchange: ({ target }) => {
      hosts.add(target.host);
      return Promise.reject(new TransportError('connection', 'nobody is there'));
    },
    close: () => undefined,
  };
  return { effects: queueEffects({ clock: new VirtualClock(), transport }), hosts };
}

describe('opening the dead letters', () => {
  test('of SQS connects to the endpoint that is set, or else to the host of the queue URL', async () => {
    const aws = await EmbeddedSqs.start();
    aws.sqs.control.send('dead', aJobId(1));
    for (const [url, awsEndpoint] of [
      ['http://127.0.0.1:1/123456789012/dead', aws.origin],
      [aws.urlOf('dead'), undefined],
    ] as const) {
      const config = queueConfig({ deadLetters: addressOf(url, 'sqs'), awsRegion: REGION, awsEndpoint });
      const letters = await openDeadLetters(config, queueEffects(aws));
      expect(await readOne(letters)).toMatchObject({ content: { kind: 'job', job: aPendingJob(1) } });
    }
    await aws.close();
  });

  test('of SQS fails where no region is known, or there is no key', async () => {
    const { effects } = unanswered();
    const deadLetters = addressOf('https://queue.example/1/dead', 'sqs');
    await expect(openDeadLetters(queueConfig({ deadLetters }), effects)).rejects.toMatchObject({
      code: 'queue-unusable',
      message: expect.stringContaining('AWS_REGION'),
    });
    const awsCredentials = (): never => {
      throw new Error('there is no key');
    };
    await expect(openDeadLetters(queueConfig({ awsCredentials }), effects)).rejects.toThrow(
      'there is no key',
    );
  });

  test('in a bucket reads below their prefix', async () => {
    const cos = await EmbeddedBucket.start();
    await cos.cloud.control.putObject(DEAD.bucket, `${DEAD.prefix}note.txt`, Buffer.from('a note'));
    const config = queueConfig({ deadLetters: DEAD, client: cos.clientPolicy });
    expect(await readOne(await openDeadLetters(config, cos.effects))).toMatchObject({ id: 'note.txt' });
    await cos.close();
  });

  test('of CMQ connects to CMQ_ENDPOINT', async () => {
    const cloud = await EmbeddedCmq.start();
    const { deadLetters, credentials } = cloud;
    cloud.cmq.control.send('dead', aJobId(1));
    const config = queueConfig({ deadLetters, cmq: { ...DEFAULT_CMQ_SETTINGS, endpoint: cloud.origin } });
    const letters = await openDeadLetters(config, { ...queueEffects(cloud), credentials });
    expect(await readOne(letters)).toMatchObject({ content: { kind: 'job', job: aPendingJob(1) } });
    await cloud.close();
  });

  test('of CMQ connects to the host of the queue URL where nothing is set about CMQ', async () => {
    const deadLetters = addressOf('cmq://cmq-bj.public.tencenttdmq.com/dead');
    const { effects, hosts } = unanswered();
    const letters = await openDeadLetters(queueConfig({ deadLetters }), effects);
    await expect(readOne(letters)).rejects.toMatchObject({ code: 'queue-unavailable' });
    expect([...hosts]).toEqual(['cmq-bj.public.tencenttdmq.com']);
  });
});
