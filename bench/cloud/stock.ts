import pMap from 'p-map';
import { CosClient } from '../../lib/cos/client.js';
import { openTransport } from '../../lib/cos/transport.js';
import { createDocProcessJob } from '../../lib/doc-jobs/create.js';
import {
  parseBucketName,
  parseJobId,
  parseRegion,
  type BucketName,
  type JobId,
} from '../../lib/domain/names.js';
import { after, hours, seconds } from '../../lib/domain/units.js';
import { parseConfig } from '../../lib/config.js';
import { systemClock, systemEffects } from '../../lib/platform/system.js';
import { formatName, nonceFrom } from '../../lib/queue/bucket-name.js';
import type { Cloud } from '../../local/cloud.js';
import { environmentOf } from '../../local/environment.js';
import type { CloudUsage, LoadCheck, QueueKind } from './messages.js';

const PENDING = 'pending';
const DEAD = 'dead';
const PREFIX = 'docjob/pending/';
const DEAD_PREFIX = 'docjob/dead/';

/** Enough to keep the cloud busy while it is filled. */
const FILLED_AT_ONCE = 8;

const SQS_ACTIONS = [
  'ReceiveMessage',
  'DeleteMessage',
  'DeleteMessageBatch',
  'ChangeMessageVisibility',
  'ChangeMessageVisibilityBatch',
] as const;

/** The embedded cloud with what the benchmarks need in it: jobs that have ended, and queues that name them. */
export class Stock {
  readonly #cloud: Cloud;
  readonly #source = {
    bucket: known(parseBucketName('docs-1250000000')),
    region: known(parseRegion('ap-beijing')),
  };
  readonly #outputs: BucketName[] = [];
  readonly #outputOf = new Map<string, BucketName>();
  readonly #urls: { readonly queueUrl: string; readonly deadLetterQueueUrl: string };

  private constructor(cloud: Cloud) {
    this.#cloud = cloud;
    this.#urls = {
      queueUrl: cloud.sqs.createQueue(PENDING),
      deadLetterQueueUrl: cloud.sqs.createQueue(DEAD),
    };
  }

  /** Takes over an empty cloud. */
  static async open(cloud: Cloud): Promise<Stock> {
    const stock = new Stock(cloud);
    const { bucket, region } = stock.#source;
    await cloud.control.createBucket(bucket, region);
    return stock;
  }

  /** The environment of a function that polls a queue of this kind. */
  environment(queue: QueueKind): Record<string, string> {
    const sqs = environmentOf(this.#cloud, { ...this.#urls, source: this.#source });
    const { QUEUE_KIND, ...rest } = sqs;
    if (queue === 'sqs') return { ...rest, QUEUE_KIND: QUEUE_KIND ?? 'sqs' };
    const place = `cos://${this.#source.bucket}.${this.#source.region}`;
    return { ...rest, QUEUE_URL: `${place}/${PREFIX}`, DEAD_LETTER_QUEUE_URL: `${place}/${DEAD_PREFIX}` };
  }

  /**
   * Makes jobs that have ended well. Their output bucket is made last: the embedded cloud writes pictures into a bucket that is there, and those
   * would cost it more than all requests.
   */
  async make(jobs: number, pages: number): Promise<readonly JobId[]> {
    const { control } = this.#cloud;
    const serial = this.#outputs.length + 1;
    const output = known(parseBucketName(`pages-${serial}-1250000000`));
    const object = `in/${serial}.docx`;
    await control.putObject(this.#source.bucket, object, Buffer.from(object), { durationMs: 0, pages });
    const transport = openTransport({ maxSockets: FILLED_AT_ONCE });
    const client = this.#client(transport);
    const ids = await pMap(
      Array.from({ length: jobs }),
      async () => {
        const job = await createDocProcessJob(client, this.#source, {
          object,
          output: {
            bucket: output,
            region: this.#source.region,
            object: `previews/2026/${serial}/page-\${Number}.jpg`,
          },
        });
        return job.jobId;
      },
      { concurrency: FILLED_AT_ONCE },
    );
    transport.close();
    // Lets what is due happen: all of them end while there is nowhere to put pictures.
    await control.listKeys(this.#source.bucket, 'none');
    await control.createBucket(output, this.#source.region);
    this.#outputs.push(output);
    for (const id of ids) this.#outputOf.set(id, output);
    return ids;
  }

  /** Puts jobs into a queue, as their submitter would. */
  async enqueue(ids: readonly string[], queue: QueueKind): Promise<void> {
    const { sqs, control } = this.#cloud;
    const names = ids.map((id) => known(parseJobId(id)));
    if (queue === 'sqs') {
      for (const jobId of names) sqs.send(PENDING, JSON.stringify({ jobId, ...this.#source }));
      return;
    }
    await pMap(
      names,
      (jobId) => {
        const name = formatName({ jobId, ...this.#source }, nonceFrom(Math.random()));
        return control.putObject(this.#source.bucket, PREFIX + name, Buffer.alloc(0));
      },
      { concurrency: FILLED_AT_ONCE },
    );
  }

  /** What became of these jobs. */
  async check(ids: readonly string[], queue: QueueKind | 'none'): Promise<LoadCheck> {
    const keys = new Set<string>();
    for (const bucket of this.#outputs)
      for (const key of await this.#cloud.control.listKeys(bucket, 'manifests/'))
        keys.add(`${bucket} ${key}`);
    const has = (id: string): boolean => keys.has(`${this.#outputOf.get(id) ?? ''} manifests/${id}.json`);
    return { manifests: ids.filter(has).length, ...(await this.#queued(queue)) };
  }

  /** A manifest's text. */
  async readManifest(id: string): Promise<string | null> {
    const bucket = this.#outputOf.get(id);
    if (bucket === undefined) return null;
    return (await this.#cloud.control.readObject(bucket, `manifests/${id}.json`))?.toString('utf8') ?? null;
  }

  /** What the cloud has done so far. */
  usage(): CloudUsage {
    const { user, system } = process.cpuUsage();
    const counts = Object.entries(this.#cloud.control.statistics.counts).flatMap(([family, operations]) =>
      Object.entries(operations).map(([operation, count]) => [`${family} ${operation}`, count] as const),
    );
    const sqs = SQS_ACTIONS.map((action) => [`sqs ${action}`, this.#cloud.sqs.calls(action)] as const);
    return { cpuMs: (user + system) / 1_000, calls: Object.fromEntries([...counts, ...sqs]) };
  }

  async #queued(
    queue: QueueKind | 'none',
  ): Promise<{ readonly pending: number; readonly deadLetters: number }> {
    const { sqs, control } = this.#cloud;
    switch (queue) {
      case 'none':
        return { pending: 0, deadLetters: 0 };
      case 'sqs':
        return { pending: sqs.messages(PENDING).length, deadLetters: sqs.messages(DEAD).length };
      case 'bucket': {
        const count = async (prefix: string) => (await control.listKeys(this.#source.bucket, prefix)).length;
        return { pending: await count(PREFIX), deadLetters: await count(DEAD_PREFIX) };
      }
    }
  }

  #client(transport: ReturnType<typeof openTransport>): CosClient {
    const { client } = parseConfig({ ...this.environment('sqs'), REQUESTS_PER_SECOND: '10000' }).run;
    const credentials = (): Cloud['credentials']['longLived'] => this.#cloud.credentials.longLived;
    const bounds = { deadline: after(systemClock.now(), hours(1)), signal: new AbortController().signal };
    return new CosClient(
      { ...client, attemptTimeout: seconds(20) },
      { ...systemEffects, transport, credentials },
      bounds,
    );
  }
}

function known<T>(parsed: T | undefined): T {
  if (parsed === undefined) throw new Error('the bench made up a name that is none');
  return parsed;
}
