import type { QueueAddress } from '../../lib/queue/open-queue.js';
import { cosObject, cosObjects, type Statement } from './policy.js';

/** CMQ, product 406, page 34255: the name stands after its creator's UIN, which nobody knows before the queue is there. */
const cmqQueue = (name: string): string => `qcs::cmqqueue:::queueName/uin/*/${name}`;

/** What taking jobs from a queue needs. */
export function takeFrom(queue: QueueAddress): readonly Statement[] {
  switch (queue.kind) {
    case 'cos': {
      const { bucket, region, prefix } = queue;
      return [
        {
          effect: 'allow',
          action: ['name/cos:GetObject', 'name/cos:PutObject', 'name/cos:DeleteObject'],
          resource: [cosObjects(bucket, region, prefix)],
        },
        {
          effect: 'allow',
          // The note of the last complete pass, beside the pending jobs and not among them.
          action: ['name/cos:GetObject', 'name/cos:PutObject'],
          resource: [cosObject(bucket, region, `${prefix.slice(0, -1)}.checkpoint.json`)],
        },
        {
          effect: 'allow',
          action: ['name/cos:GetBucket'],
          resource: [cosObjects(bucket, region, '')],
          // Listings of the queue only (COS, product 436, page 46206). The page shows a prefix without a slash; users report that a slash must be
          // URL-encoded here: both spellings are given.
          condition: { string_equal: { 'cos:prefix': [prefix, encodeURIComponent(prefix)] } },
        },
      ];
    }
    case 'cmq':
      return [
        {
          effect: 'allow',
          action: [
            'cmqqueue:ReceiveMessage',
            'cmqqueue:BatchReceiveMessage',
            'cmqqueue:DeleteMessage',
            'cmqqueue:BatchDeleteMessage',
            // Looking again is sending a delayed copy.
            'cmqqueue:SendMessage',
            'cmqqueue:BatchSendMessage',
          ],
          resource: [cmqQueue(queue.queueName)],
        },
      ];
    case 'sqs':
      // AWS has its own identities.
      return [];
  }
}

/** What sending to a queue needs. */
export function sendTo(queue: QueueAddress): readonly Statement[] {
  switch (queue.kind) {
    case 'cos':
      return [
        {
          effect: 'allow',
          action: ['name/cos:PutObject'],
          resource: [cosObjects(queue.bucket, queue.region, queue.prefix)],
        },
      ];
    case 'cmq':
      return [
        {
          effect: 'allow',
          action: ['cmqqueue:SendMessage', 'cmqqueue:BatchSendMessage'],
          resource: [cmqQueue(queue.queueName)],
        },
      ];
    case 'sqs':
      return [];
  }
}

/** What seeing to it that a queue is there needs, of whoever deploys to `region`. */
export function makeQueue(address: QueueAddress, region: string): readonly Statement[] {
  switch (address.kind) {
    case 'cos':
      return [
        {
          effect: 'allow',
          action: ['name/cos:HeadBucket'],
          resource: [cosObjects(address.bucket, address.region, '')],
        },
      ];
    case 'cmq':
      return [
        {
          effect: 'allow',
          action: ['tdmq:DescribeCmqQueues', 'tdmq:CreateCmqQueue'],
          resource: [`qcs::tdmq:${region}::queue/${address.queueName}`],
        },
      ];
    case 'sqs':
      return [];
  }
}
