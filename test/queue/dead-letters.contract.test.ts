import { millis, seconds } from '../../lib/domain/units.js';
import { describeDeadLetters } from './dead-letters-contract.js';
import { BucketRuns, DEAD, EmbeddedBucket } from './embedded-bucket.js';
import { EmbeddedCmq } from './embedded-cmq.js';
import { EmbeddedSqs } from './embedded-sqs.js';

describeDeadLetters('SQS', {
  open: async () => {
    const embedded = await EmbeddedSqs.start();
    const { control } = embedded.sqs;
    return {
      queue: embedded.open(),
      openDeadLetters: () => embedded.openDeadLetters(),
      now: () => embedded.clock.now(),
      advance: (by) => embedded.advance(by),
      rawSend: (body) => {
        control.send('jobs', body);
        return Promise.resolve();
      },
      rawBury: (text) => {
        control.send('dead', text);
        return Promise.resolve();
      },
      refuseRemovals: () => control.fail('DeleteMessageBatch', { kind: 'refuse', as: 'InternalError' }, 3),
      close: () => embedded.close(),
    };
  },
  hiddenFor: millis(0),
  foreignReason: 'receive-limit',
  readsForeignJobs: true,
});

describeDeadLetters('a queue in a bucket', {
  open: async () => {
    const embedded = await EmbeddedBucket.start();
    const { control } = embedded.cloud;
    const now = () => embedded.clock.now();
    return {
      queue: new BucketRuns(() => embedded.open(), now),
      openDeadLetters: () => embedded.openDeadLetters(),
      now,
      advance: (by) => embedded.clock.advance(by),
      rawSend: (body) => embedded.put('somebody’s note.txt', body),
      rawBury: (text) => control.putObject(DEAD.bucket, `${DEAD.prefix}note.txt`, Buffer.from(text)),
      refuseRemovals: () => {
        const fault = { kind: 'status', status: 500 } as const;
        control.faults.add({ match: { operation: 'DeleteObject' }, times: 3, fault });
      },
      close: () => embedded.close(),
    };
  },
  hiddenFor: millis(0),
  foreignReason: 'unreadable',
  readsForeignJobs: false,
});

describeDeadLetters('CMQ', {
  open: async () => {
    const embedded = await EmbeddedCmq.start();
    const { control } = embedded.cmq;
    return {
      queue: embedded.open(),
      openDeadLetters: () => embedded.openDeadLetters(),
      now: () => embedded.clock.now(),
      advance: (by) => embedded.advance(by),
      rawSend: (body) => {
        control.send('jobs', body);
        return Promise.resolve();
      },
      rawBury: (text) => {
        control.send('dead', text);
        return Promise.resolve();
      },
      refuseRemovals: () => control.fail('BatchDeleteMessage', { kind: 'refuse', as: 'Internal' }, 3),
      close: () => embedded.close(),
    };
  },
  hiddenFor: seconds(61),
  foreignReason: 'receive-limit',
  readsForeignJobs: true,
});
