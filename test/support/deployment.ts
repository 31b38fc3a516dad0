import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleIntoFolder } from '../../deploy/bundle.js';
import type { JobId } from '../../lib/domain/names.js';
import { createDocProcessJob } from '../../lib/doc-jobs/create.js';
import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import { CosClient } from '../../lib/cos/client.js';
import { openTransport } from '../../lib/cos/transport.js';
import { after, minutes, seconds } from '../../lib/domain/units.js';
import { systemClock } from '../../lib/platform/system.js';
import type { JobScript } from '../../local/ci/script.js';
import { startCloud, type Cloud } from '../../local/cloud.js';
import { environmentOf } from '../../local/environment.js';
import { FunctionHost, type HostOptions } from '../../local/function-host/host.js';
import { aBucket, aRegion, SOURCE } from './pending-jobs.js';

export const OUTPUT = { bucket: aBucket('pictures-1250000000'), region: aRegion('ap-guangzhou') };

/** Builds a function's bundle into an empty folder of its own, as a deployment does. */
export async function buildFunction(
  name: string,
): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'docjob-bundle-'));
  await bundleIntoFolder(name, folder);
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export const buildPoll = (): ReturnType<typeof buildFunction> => buildFunction('poll');

/** A bundled poll function on an embedded cloud of its own, with two queues and two buckets. */
export class Deployment {
  readonly cloud: Cloud;
  readonly host: FunctionHost;
  readonly client: CosClient;
  /** Everything that the function wrote. */
  readonly lines: string[];
  readonly #options: HostOptions;
  readonly #others: FunctionHost[] = [];
  readonly #cleanUp: () => Promise<void>;

  private constructor(
    parts: Pick<Deployment, 'cloud' | 'host' | 'client' | 'lines'>,
    options: HostOptions,
    cleanUp: () => Promise<void>,
  ) {
    this.cloud = parts.cloud;
    this.host = parts.host;
    this.client = parts.client;
    this.lines = parts.lines;
    this.#options = options;
    this.#cleanUp = cleanUp;
  }

  static async start(
    folder: string,
    platform: 'lambda' | 'scf',
    changes: {
      readonly env?: (cloud: Cloud) => Readonly<Record<string, string>>;
      readonly timeoutMs?: number;
    } = {},
  ): Promise<Deployment> {
    const root = await mkdtemp(join(tmpdir(), 'docjob-cloud-'));
    const cloud = await startCloud({ root, jobDurationMs: 0 });
    for (const { bucket, region } of [SOURCE, OUTPUT]) await cloud.control.createBucket(bucket, region);
    const queueUrl = cloud.sqs.createQueue('pending');
    const deadLetterQueueUrl = cloud.sqs.createQueue('dead');
    const lines: string[] = [];
    const options: HostOptions = {
      folder,
      platform,
      env: {
        ...environmentOf(cloud, { queueUrl, deadLetterQueueUrl, source: SOURCE }),
        QUEUE_WAIT_SECONDS: '0',
        LOG_LEVEL: 'debug',
        ...changes.env?.(cloud),
      },
      timeoutMs: changes.timeoutMs ?? 30_000,
      onLine: (line) => lines.push(line),
    };
    const host = new FunctionHost(options);
    const transport = openTransport({ maxSockets: 4 });
    const origin = new URL(cloud.origin);
    const client = new CosClient(
      {
        endpoints: { cos: origin, ci: origin },
        attemptTimeout: seconds(10),
        retries: 0,
        backoff: DEFAULT_BACKOFF,
        retryBudget: { share: 0, initial: 0 },
        requestsPerSecond: Number.POSITIVE_INFINITY,
        maxBodyBytes: 16_000_000,
      },
      { transport, credentials: () => cloud.credentials.longLived, clock: systemClock, random: () => 0 },
      { deadline: after(systemClock.now(), minutes(5)), signal: new AbortController().signal },
    );
    return new Deployment({ cloud, host, client, lines }, options, async () => {
      host.kill();
      transport.close();
      await cloud.close();
      await rm(root, { recursive: true, force: true });
    });
  }

  /** Hosts a further function of the same deployment. */
  addFunction(folder: string, env: Readonly<Record<string, string>>): FunctionHost {
    const options = this.#options;
    const host = new FunctionHost({ ...options, folder, env: { ...options.env, ...env } });
    this.#others.push(host);
    return host;
  }

  /** Submits a document whose job goes by `script`; nothing is enqueued. */
  async submit(object: string, script: JobScript = {}): Promise<JobId> {
    await this.cloud.control.putObject(SOURCE.bucket, object, Buffer.from(object), script);
    const output = { ...OUTPUT, object: `out/${object}/\${Number}.png` };
    const { jobId } = await createDocProcessJob(this.client, SOURCE, { object, output, targetType: 'png' });
    return jobId;
  }

  enqueue(body: string): void {
    this.cloud.sqs.send('pending', body);
  }

  async manifest(jobId: string): Promise<string | undefined> {
    return (await this.cloud.control.readObject(OUTPUT.bucket, `manifests/${jobId}.json`))?.toString();
  }

  /** Bodies and reasons of the dead letters. */
  deadLetters(): readonly { readonly body: string; readonly reason: string | undefined }[] {
    return this.cloud.sqs.messages('dead').map(({ content }) => ({
      body: content.body,
      reason: content.attributes['docjob-reason']?.StringValue,
    }));
  }

  pending(): number {
    return this.cloud.sqs.messages('pending').length;
  }

  close(): Promise<void> {
    for (const host of this.#others) host.kill();
    return this.#cleanUp();
  }
}
