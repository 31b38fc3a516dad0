import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import { after, minutes, seconds } from '../../lib/domain/units.js';
import {
  parseQueueUrl,
  type QueueAddress,
  type QueueConfig,
  type QueueEffects,
} from '../../lib/queue/open-queue.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { SOURCE } from '../support/pending-jobs.js';
import { TEST_KEY } from './aws-environment.js';

export const JOBS = 'https://sqs.eu-central-1.amazonaws.com/123456789012/jobs';
const DEAD = 'https://sqs.eu-central-1.amazonaws.com/123456789012/dead';

/** The address of a URL that is one. */
export function addressOf(url: string, kind?: 'sqs'): QueueAddress {
  const parsed = parseQueueUrl(url, kind);
  if (parsed.kind === 'refused') throw new Error(parsed.problem);
  return parsed;
}

/** Two queues of SQS, unless `changes` says otherwise. */
export const queueConfig = (changes: Partial<QueueConfig> = {}): QueueConfig => ({
  queue: addressOf(JOBS),
  deadLetters: addressOf(DEAD),
  defaults: SOURCE,
  requestTimeout: seconds(5),
  awsCredentials: () => TEST_KEY,
  client: {
    endpoints: {},
    attemptTimeout: seconds(5),
    retries: 0,
    backoff: DEFAULT_BACKOFF,
    retryBudget: { share: 0, initial: 0 },
    requestsPerSecond: 10,
    maxBodyBytes: 1_000,
  },
  nextLook: ({ seenAt }) => seenAt,
  ...changes,
});

/** What queues work through: a clock and a transport, no chance, a log that nobody reads, and a minute's time. */
export function queueEffects({ clock, transport }: Pick<QueueEffects, 'clock' | 'transport'>): QueueEffects {
  return {
    clock,
    transport,
    random: () => 0,
    credentials: () => ({ secretId: 'id', secretKey: 'key' }),
    log: jsonLog({ level: 'error', now: () => clock.now(), write: () => undefined }),
    deadline: after(clock.now(), minutes(1)),
  };
}
