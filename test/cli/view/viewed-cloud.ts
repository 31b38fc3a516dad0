import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openView, type LinkPolicy } from '../../../cli/view/index.js';
import { DEFAULT_BACKOFF } from '../../../lib/cos/backoff.js';
import { CosClient } from '../../../lib/cos/client.js';
import { DEFAULT_RETRY_BUDGET } from '../../../lib/cos/retry-budget.js';
import { openTransport, type Transport } from '../../../lib/cos/transport.js';
import { createDocProcessJob } from '../../../lib/doc-jobs/create.js';
import { describeDocJob } from '../../../lib/doc-jobs/describe.js';
import { epochMs, hours, minutes, seconds, type Millis } from '../../../lib/domain/units.js';
import {
  buildManifest,
  manifestLocation,
  parseKeyTemplate,
  writeManifest,
} from '../../../lib/manifest/index.js';
import { systemClock } from '../../../lib/platform/system.js';
import { SCRIPT_HEADER, writeScript, type JobScript } from '../../../local/ci/script.js';
import { startCloud, type Cloud } from '../../../local/cloud.js';
import { aBucket, aRegion, SOURCE } from '../../support/pending-jobs.js';

export const PICTURES = { bucket: aBucket('pictures-1250000000'), region: aRegion('ap-guangzhou') };

/** A document job to be looked at. */
export interface Document {
  readonly object: string;
  readonly script: JobScript;
  readonly targetType?: 'png' | 'jpg';
  /** The template of its pictures' keys. */
  readonly keys: string;
}

/** An embedded cloud by the machine's clock, since a browser has no other, and a client that makes jobs and looks at them. */
export class ViewedCloud {
  readonly cloud: Cloud;
  readonly #root: string;
  readonly #transport: Transport = openTransport({ maxSockets: 4 });
  readonly #client: CosClient;

  private constructor(cloud: Cloud, root: string) {
    this.cloud = cloud;
    this.#root = root;
    const origin = new URL(cloud.origin);
    this.#client = new CosClient(
      {
        endpoints: { cos: origin, ci: origin },
        attemptTimeout: seconds(20),
        retries: 2,
        backoff: DEFAULT_BACKOFF,
        retryBudget: DEFAULT_RETRY_BUDGET,
        requestsPerSecond: 1_000,
        maxBodyBytes: 64 * 1024 * 1024,
      },
      {
        transport: this.#transport,
        credentials: () => cloud.credentials.longLived,
        clock: systemClock,
        random: () => 0.5,
      },
      { deadline: epochMs(systemClock.now() + minutes(5)), signal: new AbortController().signal },
    );
  }

  static async start(): Promise<ViewedCloud> {
    const root = await mkdtemp(join(tmpdir(), 'docjob-view-'));
    const cloud = await startCloud({ root });
    for (const { bucket, region } of [SOURCE, PICTURES]) await cloud.control.createBucket(bucket, region);
    return new ViewedCloud(cloud, root);
  }

  /** Submits a document whose job has ended at once, writes its manifest, and makes the page of it. */
  async view(document: Document, validFor: Millis = hours(1)): Promise<string> {
    const { object, script, keys, targetType = 'png' } = document;
    await this.#client.send(
      {
        family: 'cos',
        ...SOURCE,
        method: 'PUT',
        path: `/${object}`,
        headers: { [SCRIPT_HEADER]: writeScript({ durationMs: 0, ...script }) },
        body: Buffer.from('a document'),
      },
      () => undefined,
    );
    const { jobId } = await createDocProcessJob(this.#client, SOURCE, {
      object,
      output: { ...PICTURES, object: keys },
      targetType,
    });
    const answer = await describeDocJob(this.#client, { ...SOURCE }, jobId);
    if (answer.kind === 'missing') throw new Error('CI does not know the job that it made');
    const { job } = answer;
    if (job.state !== 'Success' && job.state !== 'Failed' && job.state !== 'Cancel')
      throw new Error(`the job is ${job.state}`);
    const location = manifestLocation(job, SOURCE, parseKeyTemplate('manifests/${jobId}.json'), () => true);
    if (location.kind === 'not-allowed') throw new Error(location.problem);
    await writeManifest(this.#client, location, buildManifest(job, SOURCE, true));
    return openView(this.#client, location, this.linkPolicy(validFor));
  }

  /** Links by the cloud's key, from now on, that a browser on this machine can follow. */
  linkPolicy(validFor: Millis): LinkPolicy {
    return {
      credentials: this.cloud.credentials.longLived,
      now: systemClock.now(),
      validFor,
      endpoint: new URL(this.cloud.origin),
    };
  }

  async close(): Promise<void> {
    this.#transport.close();
    await this.cloud.close();
    await rm(this.#root, { recursive: true, force: true });
  }
}
