import { DEFAULT_BACKOFF } from '../../lib/cos/backoff.js';
import type { SigningCredentials } from '../../lib/cos-signer/index.js';
import type { CredentialsProvider } from '../../lib/cos/credentials.js';
import { after, seconds, type EpochMs } from '../../lib/domain/units.js';
import type { NoticeQueue } from '../../lib/notices/notice-queue.js';
import { parseKeyTemplate } from '../../lib/manifest/index.js';
import { DEFAULT_MAX_AGE, DEFAULT_UNKNOWN_JOB_GRACE } from '../../lib/poller/decide.js';
import type { RunReport } from '../../lib/poller/report.js';
import { RunError } from '../../lib/poller/run-error.js';
import { run } from '../../lib/poller/run.js';
import type { RunPolicy } from '../../lib/poller/run-policy.js';
import { DEFAULT_SCHEDULE } from '../../lib/poller/schedule.js';
import { jsonLog } from '../../lib/telemetry/log.js';
import { deferred } from '../support/deferred.js';
import { askedJob, FakeService, isProbe, jobInState, type Answering } from '../support/fake-service.js';
import type { MemoryQueue } from '../support/memory-queue.js';
import { aPendingJob, SOURCE } from '../support/pending-jobs.js';
import { RunClock, START, type VirtualClock } from '../support/virtual-clock.js';

/** A poller with the default schedule that looks at four jobs at a time. */
export const policy: RunPolicy = {
  client: {
    endpoints: {},
    attemptTimeout: seconds(5),
    retries: 2,
    backoff: DEFAULT_BACKOFF,
    retryBudget: { share: 0.2, initial: 10 },
    requestsPerSecond: Number.POSITIVE_INFINITY,
    maxBodyBytes: 1_000_000,
  },
  decisions: {
    schedule: DEFAULT_SCHEDULE,
    maxAge: DEFAULT_MAX_AGE,
    unknownJobGrace: DEFAULT_UNKNOWN_JOB_GRACE,
  },
  source: SOURCE,
  isAllowedBucket: (bucket) => bucket.endsWith('-1250000000'),
  keyTemplate: parseKeyTemplate('manifests/${jobId}.json'),
  concurrency: 4,
  maxLeases: 1_000,
  queueWait: seconds(1),
};

/** A clock whose sleeps are those of the loop's own deadline timer: they never end, since the virtual time is moved by hand. */
export class HandClock extends RunClock {
  readonly timeIsOver = deferred<undefined>();
  /** What the deadline timer ends with. */
  timer: AbortSignal | undefined;

  override async sleep(delay: Parameters<VirtualClock['sleep']>[0], signal?: AbortSignal): Promise<void> {
    if (delay < seconds(10)) return super.sleep(delay, signal);
    this.timer = signal;
    return this.timeIsOver.promise;
  }
}

const PAIR: SigningCredentials = { secretId: 'AKIDexample', secretKey: 'the-secret-key' };

/** What else a run works with. */
interface Surround {
  readonly clock?: VirtualClock;
  readonly notices?: NoticeQueue;
  readonly credentials?: CredentialsProvider;
}

/** One run on a queue and a service, with what it wrote to its log. */
export interface Setting {
  readonly queue: MemoryQueue;
  readonly service: FakeService;
  readonly clock: VirtualClock;
  readonly lines: Record<string, unknown>[];
  readonly go: (changes?: {
    policy?: Partial<RunPolicy>;
    deadline?: EpochMs;
    signal?: AbortSignal;
  }) => Promise<RunReport>;
}

/** A run to be started; its log is kept whole. */
export function setUp(queue: MemoryQueue, answer: Answering, given: VirtualClock | Surround = {}): Setting {
  const surround: Surround = 'now' in given ? { clock: given } : given;
  const { clock = new HandClock(), notices, credentials = () => PAIR } = surround;
  const service = new FakeService(answer);
  const lines: Record<string, unknown>[] = [];
  const log = jsonLog({
    level: 'debug',
    now: () => clock.now(),
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>), // our own log's lines are objects
  });
  const deps = {
    queue,
    notices,
    transport: service,
    clock,
    log,
    random: () => 0.5,
    credentials,
  };
  return {
    queue,
    service,
    clock,
    lines,
    go: (changes = {}) =>
      run({ ...policy, ...changes.policy }, deps, {
        deadline: changes.deadline ?? after(START, seconds(60)),
        ...(changes.signal === undefined ? {} : { signal: changes.signal }),
      }),
  };
}

/** Pending jobs, numbered from 1. */
export const jobs = (count: number) => Array.from({ length: count }, (_, index) => aPendingJob(index + 1));

/** A service whose jobs are all in one state. */
export const allInState =
  (state: string): Answering =>
  (request) =>
    request.method === 'GET' && !isProbe(request) ? jobInState(askedJob(request), state) : undefined;

/** The lines of one event. */
export const eventsOf = (lines: Record<string, unknown>[], event: string) =>
  lines.filter((line) => line['event'] === event);

/** What a run throws. */
export async function errorOf(promise: Promise<unknown>): Promise<RunError> {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  if (!(error instanceof RunError)) throw new Error(`expected a RunError, got ${String(error)}`);
  return error;
}

/** Waits for everything that is under way and waits for promises only, as all of a run does here; or for `isDone`, if that is sooner. */
export async function untilIdle(isDone: () => boolean = () => false): Promise<void> {
  for (let turn = 0; turn < 100 && !isDone(); turn += 1) await new Promise(setImmediate);
}
