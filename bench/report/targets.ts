import type { PressureResult } from '../pressure/measure.js';
import type { ScaleResult } from '../scale/measure.js';
import type { ContestantName } from '../throughput/contestants.js';
import type { CellResult } from '../throughput/measure.js';
import type { Results } from './results.js';

/** What is to be reached, and whether it was. */
export interface TargetResult {
  readonly what: string;
  readonly target: string;
  readonly reached: string;
  readonly isMet: boolean;
}

/** CPU a job at most this share of the peer's, and its throughput as many times. */
const PEER_FACTOR = 2.5;
/** CPU a job at most so many times the floor's. */
const FLOOR_FACTOR = 2;
const LAMBDA_FACTOR = 3;
const SCF_FACTOR = 8;
/** Memory and time from the smallest backlog to the largest. */
const GROWTH = 1.1;
/** Rates are met within so much. */
const RATE_TOLERANCE = 0.1;
/** Of the requests to a host that takes a fifth of the set rate. */
const REFUSED_SHARE = 0.05;
const RECOVERY_SECONDS = 20;

/** The targets of the project, all as ratios within one run. */
export function targets(results: Results): readonly TargetResult[] {
  return [
    ...throughputTargets(results.throughput),
    ...coldStartTargets(results),
    ...scaleTargets(results.scale),
    ...(results.pressure === null ? [] : pressureTargets(results.pressure)),
  ];
}

function throughputTargets(cells: readonly CellResult[]): readonly TargetResult[] {
  return cells
    .filter(({ contestant }) => contestant === 'docjob')
    .flatMap((ours) => {
      const { concurrency, pages } = ours;
      const where = `${concurrency} at a time, ${pages.toLocaleString('en')} pages`;
      const of = (name: ContestantName) =>
        cells.find(
          (one) => one.contestant === name && one.concurrency === concurrency && one.pages === pages,
        );
      const [peer, floor, direct, bare] = [
        of('peer'),
        of('floor-with-queue'),
        of('docjob-without-queue'),
        of('floor'),
      ];
      const cpu = ours.cpuMsPerJob.median;
      return [
        ...(peer === undefined
          ? []
          : [
              atLeast(
                `CPU a job, beside the official SDK: ${where}`,
                peer.cpuMsPerJob.median / cpu,
                PEER_FACTOR,
                'less',
              ),
              atLeast(
                `jobs a second, the same`,
                ours.jobsPerSecond.median / peer.jobsPerSecond.median,
                PEER_FACTOR,
                'more',
              ),
            ]),
        ...(floor === undefined
          ? []
          : [
              atMost(
                'CPU a job, beside the floor with a queue',
                cpu / floor.cpuMsPerJob.median,
                FLOOR_FACTOR,
              ),
            ]),
        ...(direct === undefined || bare === undefined
          ? []
          : [
              atMost(
                'the same without a queue',
                direct.cpuMsPerJob.median / bare.cpuMsPerJob.median,
                FLOOR_FACTOR,
              ),
            ]),
      ];
    });
}

function coldStartTargets({ coldStarts }: Results): readonly TargetResult[] {
  const find = (name: (typeof coldStarts)[number]['name']) => coldStarts.find((one) => one.name === name);
  const [lambda, scf, peer] = [find('lambda'), find('scf'), find('peer')];
  if (lambda === undefined || scf === undefined || peer === undefined) return [];
  const rows = [
    { what: 'Lambda with SQS', ours: lambda, factor: LAMBDA_FACTOR },
    { what: 'SCF with a bucket', ours: scf, factor: SCF_FACTOR },
  ];
  // CPU time first: a small function has little of it, and a busy machine leaves it alone.
  return rows.flatMap(({ what, ours, factor }) => [
    atLeast(
      `cold start to the first signed request, CPU: ${what}`,
      peer.signedCpuMs.median / ours.signedCpuMs.median,
      factor,
      'less',
    ),
    atLeast('the same by the clock', peer.signedMs.median / ours.signedMs.median, factor, 'less'),
    atLeast(
      'CPU until the first job is asked about',
      peer.describeCpuMs.median / ours.describeCpuMs.median,
      factor,
      'less',
    ),
  ]);
}

function scaleTargets(all: readonly ScaleResult[]): readonly TargetResult[] {
  const growth = (['sqs', 'bucket'] as const).flatMap((queue) => {
    const measured = all
      .filter((one) => one.queue === queue && one.pages === 10)
      .flatMap(({ backlog, cost }) => (cost === null ? [] : [{ backlog, ...cost }]))
      .sort((a, b) => a.backlog - b.backlog);
    const [least, most] = [measured[0], measured.at(-1)];
    if (least === undefined || most === undefined || least === most) return [];
    const name = queue === 'sqs' ? 'SQS' : 'a bucket';
    const range = `from ${least.backlog.toLocaleString('en')} to ${most.backlog.toLocaleString('en')} pending jobs`;
    return [
      atMost(`CPU a job with ${name}, ${range}`, most.cpuMsPerJob / least.cpuMsPerJob, GROWTH),
      ...(most.peakRssMb === null || least.peakRssMb === null
        ? []
        : [atMost(`peak memory with ${name}, the same`, most.peakRssMb / least.peakRssMb, GROWTH)]),
    ];
  });
  const within = all.map(({ queue, backlog, pages, concurrency, memoryMb, cost }) => ({
    what: `inside ${memoryMb} MB: ${queue === 'sqs' ? 'SQS' : 'bucket'}, ${backlog.toLocaleString('en')} jobs of ${pages.toLocaleString('en')} pages, ${concurrency} at a time`,
    target: `at most ${memoryMb} MB`,
    reached:
      cost === null ? 'failed' : cost.peakRssMb === null ? 'not known' : `${Math.round(cost.peakRssMb)} MB`,
    isMet: (cost?.peakRssMb ?? Number.POSITIVE_INFINITY) <= memoryMb,
  }));
  return [...growth, ...within];
}

function pressureTargets(result: PressureResult): readonly TargetResult[] {
  const { requestsPerSecond, concurrency, free, throttled, recoverySeconds, retryAfter, fairness } = result;
  const { limit } = throttled;
  const rate = (what: string, reached: number, set: number): TargetResult => ({
    what,
    target: `${set} a second, within ${100 * RATE_TOLERANCE} %`,
    reached: reached.toFixed(1),
    isMet: Math.abs(reached / set - 1) <= RATE_TOLERANCE,
  });
  return [
    rate('requests where nobody asks for less', free.rate, requestsPerSecond),
    {
      what: 'requests under way at a time',
      target: `at most ${concurrency}`,
      reached: String(free.peakInFlight),
      isMet: free.peakInFlight <= concurrency,
    },
    rate(`what a host that takes ${limit} a second gets of them`, throttled.rate, limit),
    {
      what: 'of the requests to it, refused',
      target: `at most ${100 * REFUSED_SHARE} %`,
      reached: `${(100 * throttled.refusedShare).toFixed(1)} %`,
      isMet: throttled.refusedShare <= REFUSED_SHARE,
    },
    {
      what: 'back at nine tenths of the set rate once it takes more',
      target: `after at most ${RECOVERY_SECONDS} s`,
      reached: recoverySeconds === null ? 'never' : `${recoverySeconds} s`,
      isMet: recoverySeconds !== null && recoverySeconds <= RECOVERY_SECONDS,
    },
    {
      what: 'requests before a Retry-After has passed',
      target: 'none',
      reached: `${retryAfter.early}`,
      isMet: retryAfter.early === 0 && retryAfter.refusals > 0,
    },
    {
      what: 'looks of a bucket beside one that takes a request a second, to those alone',
      target: `at least ${1 - RATE_TOLERANCE}`,
      reached: (fairness.beside / fairness.alone).toFixed(2),
      isMet: fairness.beside / fairness.alone >= 1 - RATE_TOLERANCE,
    },
  ];
}

function atLeast(what: string, factor: number, target: number, word: 'less' | 'more'): TargetResult {
  return { what, target: `${target} times ${word}`, reached: factor.toFixed(2), isMet: factor >= target };
}

function atMost(what: string, factor: number, target: number): TargetResult {
  return { what, target: `at most ${target} times`, reached: factor.toFixed(2), isMet: factor <= target };
}
