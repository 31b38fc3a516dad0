import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundleIntoFolder } from '../../deploy/bundle.js';
import { poll } from '../../functions/poll/function.js';
import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import { CosClient } from '../../lib/cos/client.js';
import { DEFAULT_RETRY_BUDGET } from '../../lib/cos/retry-budget.js';
import { openTransport, type Transport } from '../../lib/cos/transport.js';
import { parseBucketName, parseRegion, type BucketName, type Region } from '../../lib/domain/names.js';
import { after, hours, millis, minutes, seconds } from '../../lib/domain/units.js';
import { systemClock } from '../../lib/platform/system.js';
import { openSqsQueue } from '../../lib/queue/sqs.js';
import type { PendingQueue } from '../../lib/queue/pending-queue.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { startCloud, type Cloud } from '../cloud.js';
import { environmentOf } from '../environment.js';
import { FunctionHost } from '../function-host/host.js';
import { ALLOWED_BUCKETS, BUCKETS, MAX_AGE_SECONDS, SOURCE, UNKNOWN_JOB_GRACE_SECONDS } from './scenario.js';

/** All that the demo plays on. */
export interface Stage {
  readonly cloud: Cloud;
  /** Signed requests, as a submitter makes them. */
  readonly client: CosClient;
  /** The pending jobs, as a submitter sees them. */
  readonly queue: PendingQueue;
  /** The deployed poll function. */
  readonly poll: FunctionHost;
  readonly bundleBytes: number;
  close(): Promise<void>;
}

export const PENDING_QUEUE = 'docjob-pending';
export const DEAD_LETTER_QUEUE = 'docjob-dead-letters';

/** Starts the embedded cloud in `folder` (emptied before), with its buckets and queues, and deploys the poll function to it. */
export async function setStage(
  folder: string,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<Stage> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const functionFolder = resolve(folder, 'function');
  const { codeBytes } = await bundleIntoFolder(poll.name, functionFolder);

  const cloud = await startCloud({ root: join(folder, 'buckets') });
  for (const [name, region] of Object.entries(BUCKETS)) {
    // Another account's output bucket that the documented example writes to is open to us; the stranger's is not.
    await cloud.control.createBucket(bucketOf(name), regionOf(region), {
      shared: name === 'markjrzhang-1251704708',
    });
  }
  const source = { bucket: bucketOf(SOURCE), region: regionOf(BUCKETS[SOURCE]) };
  const queueUrl = cloud.sqs.createQueue(PENDING_QUEUE);
  const deadLetterQueueUrl = cloud.sqs.createQueue(DEAD_LETTER_QUEUE);

  const env = { ...environmentOf(cloud, { queueUrl, deadLetterQueueUrl, source }), ...SETTINGS };
  const transport = openTransport({ maxSockets: 8 });
  const queue = openSqsQueue(
    {
      queueUrl,
      deadLetterQueueUrl,
      region: cloud.aws.region,
      endpoint: cloud.origin,
      defaults: source,
      requestTimeout: seconds(5),
    },
    {
      clock: systemClock,
      random: Math.random,
      transport,
      credentials: cloud.aws.credentials,
      log: jsonLog({ level: 'warn', now: () => systemClock.now(), write: onLine }),
      deadline: after(systemClock.now(), hours(1)),
    },
  );
  const host = new FunctionHost({
    folder: functionFolder,
    platform: 'lambda',
    env,
    timeoutMs: poll.timeoutSeconds * 1_000,
    onLine,
  });
  return {
    cloud,
    client: submitter(cloud, transport, signal),
    queue,
    poll: host,
    bundleBytes: codeBytes,
    close: async () => {
      host.kill();
      await queue.close();
      transport.close();
      await cloud.close();
    },
  };
}

function submitter(cloud: Cloud, transport: Transport, signal: AbortSignal): CosClient {
  const origin = new URL(cloud.origin);
  return new CosClient(
    {
      endpoints: { cos: origin, ci: origin },
      attemptTimeout: seconds(10),
      retries: 3,
      backoff: DEFAULT_BACKOFF,
      retryBudget: DEFAULT_RETRY_BUDGET,
      requestsPerSecond: 1_000,
      maxBodyBytes: 64 * 1024 * 1024,
    },
    { transport, credentials: () => cloud.credentials.longLived, clock: systemClock, random: Math.random },
    { deadline: after(systemClock.now(), minutes(10)), signal },
  );
}

/** Ages short enough to watch, and short attempts: a fault-ridden service would otherwise make the demo wait instead of show. */
const SETTINGS = {
  ALLOWED_BUCKETS,
  MAX_AGE_SECONDS: String(MAX_AGE_SECONDS),
  UNKNOWN_JOB_GRACE_SECONDS: String(UNKNOWN_JOB_GRACE_SECONDS),
  DELAY_FLOOR_SECONDS: '1',
  REQUEST_TIMEOUT_MS: '2000',
  QUEUE_WAIT_SECONDS: '0',
};

export function bucketOf(text: string): BucketName {
  const bucket = parseBucketName(text);
  if (bucket === undefined) throw new Error(`${text} is not a bucket name`);
  return bucket;
}

export function regionOf(text: string): Region {
  const region = parseRegion(text);
  if (region === undefined) throw new Error(`${text} is not a region`);
  return region;
}

/** What the demo lets go wrong, all of it in passing. */
export function addFaults({ control: { faults } }: Cloud): void {
  const ci = { family: 'ci', operation: 'DescribeDocProcessJob', pathPrefix: '/doc_jobs/d' } as const;
  const put = { family: 'cos', operation: 'PutObject', pathPrefix: '/manifests/' } as const;
  faults.add({
    match: ci,
    times: 6,
    probability: 0.2,
    fault: { kind: 'status', status: 429, code: 'SlowDown', retryAfterSeconds: 1 },
  });
  faults.add({
    match: ci,
    times: 4,
    probability: 0.1,
    fault: { kind: 'status', status: 500, code: 'InternalError' },
  });
  faults.add({ match: ci, times: 3, probability: 0.1, fault: { kind: 'reset', when: 'mid-body' } });
  faults.add({ match: ci, times: 3, probability: 0.1, fault: { kind: 'truncated', length: 'cut' } });
  faults.add({ match: ci, times: 2, probability: 0.1, fault: { kind: 'html-body' } });
  faults.add({ match: ci, times: 2, probability: 0.1, fault: { kind: 'other-job' } });
  faults.add({ match: put, times: 3, probability: 0.2, fault: { kind: 'reset', when: 'after' } });
  faults.add({
    match: put,
    times: 2,
    probability: 0.2,
    fault: { kind: 'status', status: 503, code: 'SlowDown' },
  });
  faults.add({ match: { family: 'ci' }, fault: { kind: 'latency', ms: millis(15) } });
}
