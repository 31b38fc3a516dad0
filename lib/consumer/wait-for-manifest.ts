import { DEFAULT_BACKOFF } from '../cos/backoff.js';
import { CosClient, type CosClientPolicy } from '../cos/client.js';
import type { CredentialsProvider } from '../cos/credentials.js';
import { getObject } from '../cos/objects.js';
import { DEFAULT_RETRY_BUDGET } from '../cos/retry-budget.js';
import type { Transport } from '../cos/transport.js';
import type { SigningCredentials } from '../cos-signer/index.js';
import { DocjobError } from '../domain/docjob-error.js';
import type { Clock, RandomSource } from '../domain/effects.js';
import { after, between, epochMs, millis, seconds, type EpochMs, type Millis } from '../domain/units.js';
import { ManifestError, readManifest, type Manifest, type ManifestLocation } from '../manifest/index.js';
import { delayBeforeNextLook, type SchedulePolicy } from '../poller/schedule.js';
import { locate, type ManifestPlace } from './manifest-place.js';
import { ManifestTimeoutError } from './manifest-timeout-error.js';

/** How to read from the bucket. */
export interface ManifestAccess {
  /** A key pair that may `cos:GetObject` there, or a function that is asked for one at each request: role keys rotate. */
  readonly credentials: SigningCredentials | CredentialsProvider;
  /** Connect there instead, the bucket's host name staying in `Host`: for the embedded cloud and tests. */
  readonly endpoint?: string | URL;
}

/** What to wait for, and for how long. */
export interface WaitOptions extends ManifestPlace, ManifestAccess {
  /** The longest to wait. Documents take seconds to minutes, and docjob looks every minute. */
  readonly timeoutMs: number;
  /** Stops waiting at once: its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** What reading a manifest touches. */
export interface ConsumerEffects {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly transport: Transport;
}

/** A manifest of 5,000 pages has about two megabytes. */
const MAX_BYTES = 64 * 1024 * 1024;

/** One reading, with its retries. */
const READ_TIME: Millis = seconds(30);

/** However short the time for waiting is, and at its very end, a reading gets so long: it is the answer to "is it there by now?". */
const LEAST_READING: Millis = seconds(5);

/** A tenth of the time waited so far: from twice a second for what is about to come to every fifteen seconds for what takes its time. */
const SCHEDULE: SchedulePolicy = { share: 0.1, floor: millis(500), ceiling: seconds(15), jitter: 0.25 };

/**
 * The manifest of a job if it is there, undefined if it is not (yet).
 *
 * @throws TypeError for names that cannot be; ManifestError for an object that is no manifest of this job; ServiceError, TransportError and their kin
 * when the bucket cannot be read, retries included.
 */
export async function fetchManifest(
  options: ManifestPlace & ManifestAccess,
  effects: ConsumerEffects,
): Promise<Manifest | undefined> {
  const { clock } = effects;
  const deadline = after(clock.now(), READ_TIME);
  return fetchBefore(deadline, options, new AbortController().signal, effects);
}

/**
 * Waits until a job's manifest is there. Passing faults of the network and of COS are waited out.
 *
 * @throws ManifestTimeoutError when it is not there in time; the signal's reason when that aborts; what will not pass by itself (a key that is refused, no
 * such bucket, an object that is no manifest of this job) at once, as {@link fetchManifest} does.
 */
export async function waitForManifest(options: WaitOptions, effects: ConsumerEffects): Promise<Manifest> {
  const { clock, random } = effects;
  const { timeoutMs } = options;
  if (!(timeoutMs >= 0)) throw new TypeError(`timeoutMs is no number of milliseconds: ${timeoutMs}`);
  const signal = options.signal ?? new AbortController().signal;
  const startedAt = clock.now();
  const deadline = after(startedAt, millis(timeoutMs));
  let lastError: unknown;
  for (;;) {
    signal.throwIfAborted();
    const readUntil = epochMs(Math.max(deadline, after(clock.now(), LEAST_READING)));
    try {
      const manifest = await fetchBefore(readUntil, options, signal, effects);
      if (manifest !== undefined) return manifest;
      lastError = undefined;
    } catch (error) {
      if (!passes(error)) throw error;
      lastError = error;
    }
    const now = clock.now();
    const left = between(now, deadline);
    if (left <= 0) throw new ManifestTimeoutError(wordsFor(locate(options)), timeoutMs, lastError);
    const delay = delayBeforeNextLook(between(startedAt, now), random(), SCHEDULE);
    await clock.sleep(millis(Math.min(delay, left)), signal);
  }
}

/** Whether waiting may help. */
function passes(error: unknown): boolean {
  if (!(error instanceof DocjobError)) return false;
  switch (error.disposition) {
    case 'transient':
    case 'throttled':
    case 'skewed':
      return true;
    case 'credentials':
    case 'configuration':
    case 'job':
      return false;
  }
}

async function fetchBefore(
  deadline: EpochMs,
  options: ManifestPlace & ManifestAccess,
  signal: AbortSignal,
  effects: ConsumerEffects,
): Promise<Manifest | undefined> {
  const location = locate(options);
  const { credentials, endpoint } = options;
  const policy: CosClientPolicy = {
    endpoints: endpoint === undefined ? {} : { cos: new URL(endpoint) },
    attemptTimeout: seconds(10),
    retries: 3,
    backoff: DEFAULT_BACKOFF,
    retryBudget: DEFAULT_RETRY_BUDGET,
    requestsPerSecond: 100,
    maxBodyBytes: MAX_BYTES,
  };
  const provider = typeof credentials === 'function' ? credentials : () => credentials;
  // Made anew for each reading: it asks for the keys anew.
  const client = new CosClient(policy, { ...effects, credentials: provider }, { deadline, signal });
  const response = await getObject(client, location, location.key);
  if (response === undefined) return undefined;
  const manifest = readManifest(response.body);
  if (manifest.job.jobId !== options.jobId)
    throw new ManifestError(
      `${wordsFor(location)} is the manifest of ${manifest.job.jobId}, not of ${options.jobId}`,
      {
        path: 'job.jobId',
      },
    );
  return manifest;
}

function wordsFor({ bucket, region, key }: ManifestLocation): string {
  return `${key} in ${bucket} (${region})`;
}
