import * as v from 'valibot';
import { getObject } from '../../lib/cos/objects.js';
import { describeDocJob, type JobSource } from '../../lib/doc-jobs/describe.js';
import { parseBucketName, parseRegion, type JobId } from '../../lib/domain/names.js';
import { between, millis, minutes, seconds, type Millis } from '../../lib/domain/units.js';
import type { Environment } from '../../lib/env-reader.js';
import {
  manifestKey,
  manifestLocation,
  readManifest,
  type Manifest,
  type ManifestLocation,
} from '../../lib/manifest/index.js';
import { bucket, duration, flag, jobId, region } from '../args.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { NotThereError, SettingsError, UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { withService, type Service } from '../services.js';
import { declareSource, pairOf, sourceArgs, sourceOf } from '../source.js';
import { summaryInWords, summaryOf } from './manifest-words.js';

const TIMEOUT: Millis = minutes(15);

/** Between looks for a manifest: soon at first, for documents of a page, and then no more than four a minute. */
const FIRST_WAIT: Millis = seconds(1);
const LONGEST_WAIT: Millis = seconds(15);

/** `docjob manifest <jobId>`: the manifest of a job, or its summary. */
export const manifest = command({
  name: 'manifest',
  summary: 'print the manifest of a job, and wait for it if need be',
  details:
    'Prints the manifest as it is stored, or its summary. It is looked for where MANIFEST_KEY puts it, in the output bucket that CI tells; if CI no longer ' +
    'knows the job, in OUTPUT_BUCKET or else the source bucket. Ends with 0 for a job that succeeded with all its pages, with 1 for any other, and with 5 ' +
    'where there is no manifest.',
  examples: [
    { line: 'docjob manifest d13cfd584cd9011ea820b597ad1785a2f', says: 'the manifest' },
    {
      line: 'docjob manifest d13cfd584cd9011ea820b597ad1785a2f --wait --timeout 30m --summary',
      says: 'wait for it, and say in a few lines what is in it',
    },
    {
      line: 'docjob manifest d13cfd584cd9011ea820b597ad1785a2f --output-bucket pages-1250000000 --output-region ap-beijing',
      says: 'without asking CI where it is',
    },
  ],
  declare: (declared) => {
    declareSource(declared.argument('<jobId>', 'the ID that the create call returned'));
    declared
      .option('--wait', 'wait until it is there')
      .option('--timeout <duration>', 'with --wait: for how long (default: 15m)')
      .option('--summary', 'a few lines about it instead')
      .option('--output-bucket <name>', 'the bucket that it is in (default: CI is asked)')
      .option('--output-region <name>', 'its region');
  },
  args: v.object({
    jobId,
    wait: flag,
    timeout: v.optional(duration),
    summary: flag,
    outputBucket: v.optional(bucket),
    outputRegion: v.optional(region),
    ...sourceArgs,
  }),
  run: async (args, context) => {
    if (args.timeout !== undefined && !args.wait) throw new UsageError('--timeout is for --wait');
    const settings = await context.settings();
    return withService(context, async (service) => {
      const source = sourceOf(args, service.config.source);
      const { outputBucket, outputRegion } = args;
      const given = pairOf({ bucket: outputBucket, region: outputRegion }, 'output-');
      const search = new Search(args.jobId, source, given, service, settings);
      const found = args.wait ? await waitFor(search, args.timeout ?? TIMEOUT, context) : await search.look();
      if (found === undefined) throw new NotThereError('no-manifest', search.about);
      const { manifest: read, location, text } = found;
      if (args.summary)
        context.output.result(summaryOf(read, location), (style) => summaryInWords(read, location, style));
      else context.output.text(text);
      return exitCodeOf(read);
    });
  },
});

interface Found {
  readonly manifest: Manifest;
  /** As it is stored. */
  readonly text: string;
  readonly location: ManifestLocation;
}

/** Looks for one manifest, as often as it is asked to. */
class Search {
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

  /** Undefined while there is none. */
  async look(): Promise<Found | undefined> {
    const { requester } = this.#service;
    if (this.#given === undefined)
      this.#location = this.#locationIn((await this.#askWhere()) ?? this.#fallback);
    const location = this.#location;
    const object = await getObject(requester, location, location.key);
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
    this.#state = `the job is ${answer.job.state}`;
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

async function waitFor(search: Search, timeout: Millis, { clock, signal, output }: Context): Promise<Found> {
  const startedAt = clock.now();
  let pause = FIRST_WAIT;
  for (;;) {
    const found = await search.look();
    if (found !== undefined) return found;
    const waited = between(startedAt, clock.now());
    if (waited >= timeout)
      throw new NotThereError('no-manifest', `after ${Math.round(waited / 1_000)} s ${search.about}`);
    output.progress(`waiting for ${Math.round(waited / 1_000)} s; ${search.about}`);
    await clock.sleep(millis(Math.min(pause, timeout - waited)), signal);
    pause = millis(Math.min(LONGEST_WAIT, pause * 1.5));
  }
}

function exitCodeOf({ job, complete }: Manifest): ExitCode {
  return job.state === 'Success' && complete ? EXIT.ok : EXIT.foundWrong;
}
