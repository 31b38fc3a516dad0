import type { BucketName, JobId, Region } from '../lib/domain/names.js';
import { epochMs, type EpochMs } from '../lib/domain/units.js';
import type { Access } from './access.js';
import type { SignatureErrorShape } from './auth/signature-refusal.js';
import { lookAt, type CiService } from './ci/api.js';
import type { CiBehaviour } from './ci/behaviour.js';
import type { Callbacks } from './ci/callbacks.js';
import type { ResultWriter } from './ci/result-writer.js';
import { SCRIPT_HEADER, writeScript, type JobScript } from './ci/script.js';
import type { CosBehaviour } from './cos/api.js';
import type { Bucket } from './cos/bucket.js';
import type { ObjectStore } from './cos/object-store.js';
import type { FaultRules } from './faults/fault-rules.js';
import type { Statistics } from './statistics.js';

/** What became of a job, as seen from inside the cloud. */
export interface JobReport {
  readonly jobId: JobId;
  readonly bucket: BucketName;
  readonly object: string;
  readonly state: string;
  readonly createdAt: EpochMs;
  readonly startedAt: EpochMs | undefined;
  readonly endedAt: EpochMs | undefined;
}

/** How the cloud behaves where the documentation leaves it open. */
export interface CloudBehaviour extends CiBehaviour, CosBehaviour {
  /** Where COS puts the names of signature errors. */
  signatureErrors: SignatureErrorShape;
}

/** The way in for tests and demos, past the protocol and its signatures. */
export class CloudControl {
  readonly faults: FaultRules;
  readonly statistics: Statistics;
  /** What was sent when jobs ended, and what it was answered. */
  readonly callbacks: Callbacks;
  /** Can be changed at any time. */
  readonly behaviour: CloudBehaviour;
  readonly #store: ObjectStore;
  readonly #ci: CiService;
  readonly #access: Access;
  readonly #results: ResultWriter;
  readonly #clock: CloudClock;

  constructor(parts: ControlParts) {
    this.faults = parts.faults;
    this.statistics = parts.statistics;
    this.behaviour = parts.behaviour;
    this.callbacks = parts.ci.callbacks;
    this.#store = parts.store;
    this.#ci = parts.ci;
    this.#access = parts.access;
    this.#results = parts.results;
    this.#clock = parts.clock;
  }

  /**
   * Makes a bucket, or does nothing when it is there. One of another APPID than the cloud's account is closed to us unless it is `shared`.
   *
   * @throws Error when it is there in another region.
   */
  async createBucket(name: BucketName, region: Region, { shared = false } = {}): Promise<void> {
    await this.#store.create({ name, region, shared, createdAt: this.#clock.now() });
  }

  /** The buckets and their regions. */
  get buckets(): readonly { readonly name: BucketName; readonly region: Region }[] {
    return this.#store.buckets.map(({ facts: { name, region } }) => ({ name, region }));
  }

  /**
   * Stores an object; with a script, one whose jobs go by it.
   *
   * @throws Error when there is no such bucket.
   */
  async putObject(name: BucketName, key: string, body: Uint8Array, script?: JobScript): Promise<void> {
    const headers = script === undefined ? {} : { [SCRIPT_HEADER]: writeScript(script) };
    await this.#bucket(name).put(key, body, headers, this.#clock.now());
  }

  /**
   * An object's bytes, once the results that are due are there; undefined when there is no such object.
   *
   * @throws Error when there is no such bucket.
   */
  async readObject(name: BucketName, key: string): Promise<Buffer | undefined> {
    await this.#settle(name);
    return (await this.#bucket(name).read(key))?.body;
  }

  /**
   * The keys that begin with `prefix`, in order, once the results that are due are there.
   *
   * @throws Error when there is no such bucket.
   */
  async listKeys(name: BucketName, prefix = ''): Promise<readonly string[]> {
    await this.#settle(name);
    const { keys } = this.#bucket(name);
    return keys.slice(keys.firstAtLeast(prefix), keys.firstPast(prefix));
  }

  /** All jobs as they are now, in the order of their creation within each bucket. */
  jobs(): readonly JobReport[] {
    const now = this.#clock.now();
    this.#ci.table.advance(now);
    return this.#ci.table.jobs.map((job) => {
      const { facts } = this.#bucket(job.bucket);
      const { state, startedAt, endedAt } = lookAt(this.#ci, facts, job, now);
      const { id: jobId, bucket, createdAt } = job;
      return { jobId, bucket, object: job.request.object, state, createdAt, startedAt, endedAt };
    });
  }

  /**
   * The ID of a bucket's queue.
   *
   * @throws Error when there is no such bucket.
   */
  queueIdOf(name: BucketName): string {
    return this.#ci.table.queueOf(this.#bucket(name).facts).id;
  }

  /**
   * Says that versioning was switched on for a bucket, or off again: no versions are kept.
   *
   * @throws Error when there is no such bucket.
   */
  setVersioning(name: BucketName, versioning: 'Enabled' | 'Suspended'): void {
    this.#bucket(name).versioning = versioning;
  }

  /**
   * Switches document processing on for a bucket, as it is from the beginning, or off.
   *
   * @throws Error when there is no such bucket.
   */
  setDocProcessing(name: BucketName, isOn: boolean): void {
    this.#bucket(name).hasDocProcessing = isOn;
  }

  /** Forbids something until the returned function is called. */
  deny(denial: Parameters<Access['deny']>[0]): () => void {
    return this.#access.deny(denial);
  }

  /** Sets the cloud's clock `ms` ahead of its source, or behind when negative. */
  skewClock(ms: number): void {
    this.#clock.skewMs = ms;
  }

  async #settle(name: BucketName): Promise<void> {
    this.#ci.table.advance(this.#clock.now());
    await this.#results.settled(name);
  }

  #bucket(name: BucketName): Bucket {
    const bucket = this.#store.named(name);
    if (bucket === undefined) throw new Error(`the embedded cloud has no bucket ${name}`);
    return bucket;
  }
}

/** What the control has its hands on. */
interface ControlParts {
  readonly faults: FaultRules;
  readonly statistics: Statistics;
  readonly behaviour: CloudBehaviour;
  readonly store: ObjectStore;
  readonly ci: CiService;
  readonly access: Access;
  readonly results: ResultWriter;
  readonly clock: CloudClock;
}

/** The cloud's own clock: that of its source, and as far off as a test wants. */
export class CloudClock {
  skewMs = 0;
  readonly #source: () => number;

  constructor(source: () => number) {
    this.#source = source;
  }

  /** The current moment in the cloud. */
  now(): EpochMs {
    return epochMs(this.#source() + this.skewMs);
  }
}
