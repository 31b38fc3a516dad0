import { describe, expect, test } from '@jest/globals';
import { seconds } from '../../lib/domain/units.js';
import { readContents } from '../../lib/queue/queue-contents.js';
import { aJobId, aPendingJob } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import { EmbeddedBucket, PENDING } from './embedded-bucket.js';
import { EmbeddedCmq } from './embedded-cmq.js';
import { EmbeddedSqs, REGION } from './embedded-sqs.js';
import { addressOf, queueConfig, queueEffects } from './queue-config.js';

const { signal } = new AbortController();

describe('what can be told of a queue without taking anything', () => {
  test('is how many messages there are on SQS, at the endpoint that is set, or else at the host of the queue URL', async () => {
    const aws = await EmbeddedSqs.start();
    for (const number of [1, 2]) aws.sqs.control.send('jobs', aJobId(number));
    await aws.open().enqueue([aPendingJob(3)], seconds(60));
    const counts = { visible: 2, inFlight: 0, delayed: 1 };
    for (const [url, awsEndpoint] of [
      ['http://127.0.0.1:1/123456789012/jobs', aws.origin],
      [aws.urlOf('jobs'), undefined],
    ] as const) {
      const config = queueConfig({ queue: addressOf(url, 'sqs'), awsRegion: REGION, awsEndpoint });
      expect(await readContents(config, queueEffects(aws), signal)).toEqual({ kind: 'counts', counts });
    }
    await aws.close();
  });

  test('is every job in a bucket', async () => {
    const cos = await EmbeddedBucket.start();
    await cos.put(aJobId(1));
    const config = queueConfig({ queue: PENDING, client: cos.clientPolicy });
    const contents = await readContents(config, cos.effects, signal);
    if (contents.kind !== 'jobs') throw new Error(`it is ${contents.kind}`);
    const jobs = [];
    for await (const job of contents.jobs) jobs.push(job);
    expect(jobs).toEqual([
      { id: aJobId(1), content: { kind: 'job', job: aPendingJob(1) }, firstSeenAt: START },
    ]);
    await cos.close();
  });

  test('is nothing on CMQ', async () => {
    const cloud = await EmbeddedCmq.start();
    const contents = await readContents(queueConfig({ queue: cloud.queue }), queueEffects(cloud), signal);
    expect(contents).toEqual({ kind: 'untold' });
    await cloud.close();
  });
});
