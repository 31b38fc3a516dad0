import { DEFAULT_BACKOFF } from '../cos/backoff.js';
import { CosClient, type CosClientPolicy } from '../cos/client.js';
import type { CredentialsProvider } from '../cos/credentials.js';
import { getObject } from '../cos/objects.js';
import { DEFAULT_RETRY_BUDGET } from '../cos/retry-budget.js';
import type { Transport } from '../cos/transport.js';
import type { SigningCredentials } from '../cos-signer/index.js';
import type { Clock, RandomSource } from '../domain/effects.js';
import { after, millis, seconds, type EpochMs, type Millis } from '../domain/units.js';
import { ManifestError, readManifest, type Manifest, type ManifestLocation } from '../manifest/index.js';
import { locate, type ManifestPlace } from './manifest-place.js';
import { ManifestTimeoutError } from './manifest-timeout-error.js';
import { waitUntilThere } from './wait-until-there.js';

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
  const { timeoutMs, signal = new AbortController().signal } = options;
  if (!(timeoutMs >= 0)) throw new TypeError(`timeoutMs is no number of milliseconds: ${timeoutMs}`);
  const look = (until: EpochMs): Promise<Manifest | undefined> =>
    fetchBefore(until, options, signal, effects);
  const waited = await waitUntilThere(look, { timeout: millis(timeoutMs), signal }, effects);
  if (waited.kind === 'there') return waited.value;
  throw new ManifestTimeoutError(wordsFor(locate(options)), timeoutMs, waited.lastError);
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
