import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestRecord } from '../../local/statistics.js';
import { ThrottledCloud, type Setting } from './throttled-cloud.js';

/** How long each part takes, in seconds. */
export interface PressurePlan {
  readonly free: number;
  readonly throttled: number;
  readonly lifted: number;
}

/** What came in at the embedded cloud; rates are requests a second. */
export interface PressureResult extends Setting {
  readonly free: { readonly rate: number; readonly peakInFlight: number };
  /** While CI took `limit` a second: what it took, and what it refused, at first and of what followed. */
  readonly throttled: {
    readonly limit: number;
    readonly rate: number;
    readonly refusedAtFirst: number;
    readonly refusedShare: number;
  };
  /** Until a second saw nine tenths of the set rate again; null where none did. */
  readonly recoverySeconds: number | null;
  /** Of the refusals with a Retry-After, and what came to that host before it had passed. */
  readonly retryAfter: { readonly refusals: number; readonly early: number };
  /** Looks a second at the jobs of a bucket: alone, and beside another one with more jobs, leased before, that takes one request a second. */
  readonly fairness: { readonly alone: number; readonly beside: number };
}

const SETTING: Setting = { requestsPerSecond: 50, concurrency: 16 };
const LIMIT = 10;

/** The rate has settled by then. */
const SETTLING = 5;

/** A run starts no look in its last seconds. */
const ENDING = 6;

const REGION = 'ap-beijing';
const CROWDED = 'crowded-1250000000';
const RETRY_AFTER = 3;

/** What was under way when a Retry-After arrived, on a machine that is busy, is on its way all the same. */
const UNDER_WAY_MS = 250;

/** Measures how a run keeps to its rate, and to what a host takes of it: by what the host sees. */
export async function measurePressure(plan: PressurePlan): Promise<PressureResult> {
  const cloud = await ThrottledCloud.start(SETTING);
  try {
    return {
      ...SETTING,
      ...(await throttledRun(cloud, plan)),
      retryAfter: await retryAfterRun(cloud),
      fairness: await fairness(cloud),
    };
  } finally {
    await cloud.close();
  }
}

/** One run: free at first, then CI is throttled, then no longer. */
async function throttledRun(
  cloud: ThrottledCloud,
  { free, throttled, lifted }: PressurePlan,
): Promise<Pick<PressureResult, 'free' | 'throttled' | 'recoverySeconds'>> {
  const { requestsPerSecond } = SETTING;
  const jobs = await cloud.jobs((requestsPerSecond / 2) * (free + lifted) + 2 * LIMIT * throttled);
  const times = { throttledAt: 0, liftedAt: 0 };
  const length = free + throttled + lifted;
  const { requests, peakInFlight } = await cloud.run(jobs, length + ENDING, async () => {
    await sleep(1_000 * (1 + free));
    await cloud.throttle({
      match: { family: 'ci' },
      fault: { kind: 'throttle', perSecond: LIMIT, burst: LIMIT },
    });
    times.throttledAt = Date.now();
    await sleep(1_000 * throttled);
    await cloud.lift();
    times.liftedAt = Date.now();
  });
  const { throttledAt, liftedAt } = times;
  const settledAt = throttledAt + 1_000 * SETTLING;
  const ofCi = requests.filter(({ family }) => family === 'ci');
  const settled = within(ofCi, settledAt, liftedAt);
  const refused = settled.filter(isRefused).length;
  return {
    free: { rate: within(requests, throttledAt - 1_000 * free, throttledAt).length / free, peakInFlight },
    throttled: {
      limit: LIMIT,
      rate: (1_000 * (settled.length - refused)) / (liftedAt - settledAt),
      refusedAtFirst: within(ofCi, throttledAt, settledAt).filter(isRefused).length,
      refusedShare: refused / settled.length,
    },
    recoverySeconds: recovery(requests, liftedAt, lifted),
  };
}

function recovery(requests: readonly RequestRecord[], from: number, seconds: number): number | null {
  for (let after = 0; after < seconds; after += 0.5) {
    const start = from + 1_000 * after;
    if (within(requests, start, start + 1_000).length >= 0.9 * SETTING.requestsPerSecond) return after;
  }
  return null;
}

async function retryAfterRun(cloud: ThrottledCloud): Promise<PressureResult['retryAfter']> {
  const fault = {
    kind: 'throttle',
    perSecond: LIMIT,
    burst: 2 * LIMIT,
    retryAfterSeconds: RETRY_AFTER,
  } as const;
  await cloud.throttle({ match: { family: 'ci' }, fault });
  const { requests } = await cloud.run(await cloud.jobs(300), 15 + ENDING);
  const ofCi = requests.filter(({ family }) => family === 'ci');
  const early = new Set<RequestRecord>();
  const refusals = ofCi.filter(isRefused);
  for (const { at } of refusals) {
    for (const one of within(ofCi, at + UNDER_WAY_MS, at + 1_000 * RETRY_AFTER)) early.add(one);
  }
  return { refusals: refusals.length, early: early.size };
}

async function fairness(cloud: ThrottledCloud): Promise<PressureResult['fairness']> {
  await cloud.makeBucket(CROWDED, REGION);
  const few = await cloud.jobs(200);
  const crowd = Array.from({ length: 200 }, (_, n) =>
    JSON.stringify({ jobId: `d${n.toString(16).padStart(32, '0')}`, bucket: CROWDED, region: REGION }),
  );
  const alone = await looksASecond(cloud, few);
  await cloud.throttle({ match: { bucket: CROWDED }, fault: { kind: 'throttle', perSecond: 1, burst: 1 } });
  return { alone, beside: await looksASecond(cloud, [...crowd, ...few]) };
}

/** Looks at jobs that are not the crowd's, from the first to the last of them. */
async function looksASecond(cloud: ThrottledCloud, jobs: readonly string[]): Promise<number> {
  const { requests } = await cloud.run(jobs, 15 + ENDING);
  const looks = requests.filter(
    ({ operation, bucket, subject }) =>
      operation === 'DescribeDocProcessJob' && bucket !== CROWDED && subject !== 'docjobprobe',
  );
  const [first, last] = [looks[0], looks.at(-1)];
  if (first === undefined || last === undefined) return 0;
  return (1_000 * (looks.length - 1)) / (last.at - first.at);
}

function within(requests: readonly RequestRecord[], from: number, to: number): readonly RequestRecord[] {
  return requests.filter(({ at }) => at >= from && at < to);
}

function isRefused({ status }: RequestRecord): boolean {
  return status === 429 || status === 503;
}
