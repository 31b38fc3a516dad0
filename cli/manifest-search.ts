import type { Command as Declared } from 'commander';
import * as v from 'valibot';
import { getObject } from '../lib/cos/objects.js';
import { describeDocJob, type JobSource } from '../lib/doc-jobs/describe.js';
import { parseBucketName, parseRegion, type JobId } from '../lib/domain/names.js';
import type { Environment } from '../lib/env-reader.js';
import {
  manifestKey,
  manifestLocation,
  readManifest,
  type Manifest,
  type ManifestLocation,
} from '../lib/manifest/index.js';
import { bucket, region } from './args.js';
import { SettingsError } from './errors.js';
import type { Service } from './services.js';
import { declareSource, pairOf, sourceArgs, sourceOf } from './source.js';

/** Where a job's manifest is looked for: the options of every command that reads one. */

/** What a command's `args` has for it. */
export const searchArgs = {
  outputBucket: v.optional(bucket),
  outputRegion: v.optional(region),
  ...sourceArgs,
};

/** Declares them. */
export function declareSearch(declared: Declared): void {
  declareSource(declared);
  declared
    .option('--output-bucket <name>', 'the bucket that the manifest is in (default: CI is asked)')
    .option('--output-region <name>', 'its region');
}

/** The job whose manifest is looked for, and the options as they were given. */
interface Asked {
  readonly jobId: JobId;
  readonly bucket?: JobSource['bucket'] | undefined;
  readonly region?: JobSource['region'] | undefined;
  readonly outputBucket?: JobSource['bucket'] | undefined;
  readonly outputRegion?: JobSource['region'] | undefined;
}

/** @throws UsageError for half of a bucket and its region */
export function searchFor(asked: Asked, service: Service, settings: Environment): ManifestSearch {
  const { jobId, outputBucket, outputRegion } = asked;
  const given = pairOf({ bucket: outputBucket, region: outputRegion }, 'output-');
  return new ManifestSearch(jobId, sourceOf(asked, service.config.source), given, service, settings);
}

/** A manifest that was found. */
export interface Found {
  readonly manifest: Manifest;
  /** As it is stored. */
  readonly text: string;
  readonly location: ManifestLocation;
}

const ENDED: ReadonlySet<string> = new Set(['Success', 'Failed', 'Cancel']);

/** Looks for one manifest, as often as it is asked to. */
export class ManifestSearch {
  readonly #jobId: JobId;
  readonly #source: JobSource;
  readonly #given: JobSource | undefined;
  readonly #service: Service;
  readonly #fallback: JobSource;
  #location: ManifestLocation;
  /** What CI said last; nothing where it was not asked. */
  #state: string | undefined;

  /** @param given the output bucket, where CI need not be asked */
  constructor(
    jobId: JobId,
    source: JobSource,
    given: JobSource | undefined,
    service: Service,
    settings: Environment,
  ) {
    this.#jobId = jobId;
    this.#source = source;
    this.#given = given;
    this.#service = service;
    this.#fallback = given ?? outputOf(settings) ?? source;
    this.#location = this.#locationIn(this.#fallback);
  }

  /** How it stands, in words. */
  get about(): string {
    const { bucket, region, key } = this.#location;
    const state = this.#state === undefined ? '' : `: ${this.#state}`;
    return `there is no ${key} in ${bucket} (${region})${state}`;
  }

  /** Where it is, or will be. @throws SettingsError when that is a bucket that is not allowed, and what asking CI throws */
  async locate(): Promise<ManifestLocation> {
    if (this.#given === undefined)
      this.#location = this.#locationIn((await this.#askWhere()) ?? this.#fallback);
    return this.#location;
  }

  /** Undefined while there is none. */
  async look(): Promise<Found | undefined> {
    const location = await this.locate();
    const object = await getObject(this.#service.requester, location, location.key);
    if (object === undefined) return undefined;
    return { manifest: readManifest(object.body), text: object.body.toString('utf8'), location };
  }

  /** Undefined where CI does not know the job. Its word is checked before it reaches a host name. */
  async #askWhere(): Promise<JobSource | undefined> {
    const { requester, config } = this.#service;
    const answer = await describeDocJob(requester, this.#source, this.#jobId);
    if (answer.kind === 'missing') {
      this.#state = 'CI does not know the job, or no longer';
      return undefined;
    }
    const { state } = answer.job;
    this.#state = `the job is ${state}${ENDED.has(state) ? '; the next look at it writes it, if it is in the queue' : ''}`;
    const location = manifestLocation(answer.job, this.#source, config.keyTemplate, config.isAllowedBucket);
    if (location.kind === 'ok') return location;
    throw new SettingsError(`the manifest of ${this.#jobId} is not looked for: ${location.problem}`);
  }

  #locationIn({ bucket, region }: JobSource): ManifestLocation {
    const key = manifestKey(this.#service.config.keyTemplate, { jobId: this.#jobId, ...this.#source });
    return { bucket, region, key };
  }
}

/** Where pictures go if nobody says otherwise. */
function outputOf(settings: Environment): JobSource | undefined {
  const bucket = parseBucketName(settings['OUTPUT_BUCKET'] ?? '');
  const region = parseRegion(settings['OUTPUT_REGION'] ?? '');
  return bucket && region && { bucket, region };
}
