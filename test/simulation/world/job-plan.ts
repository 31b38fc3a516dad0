import { SOURCE } from '../../support/pending-jobs.js';
import { START } from '../../support/virtual-clock.js';
import type { Dice } from '../core/dice.js';
import type { JobKind, TrueJob, TruePage } from './true-job.js';

/** Something that is put into the queue. */
export interface Submission {
  readonly at: number;
  readonly delayMs: number;
  readonly body: string;
  /** What it is about: a job's ID, or the whole body where it holds none. */
  readonly subject: string;
}

/** All buckets that exist, and where. Those of another account exist too: only a check keeps the poller away from them. */
export const REGIONS: ReadonlyMap<string, string> = new Map([
  [SOURCE.bucket, SOURCE.region],
  ['more-1250000000', 'ap-beijing'],
  ['closed-1250000000', 'ap-beijing'],
  ['out-1250000000', 'ap-chongqing'],
  ['sealed-1250000000', 'ap-guangzhou'],
  ['elsewhere-1999999999', 'ap-guangzhou'],
]);

const MINUTE = 60_000;
const MONTH = 30 * 24 * 60 * MINUTE;

/** How often each kind of job is drawn. */
const KINDS: readonly (readonly [kind: JobKind, weight: number])[] = [
  ['ordinary', 40],
  ['failed', 6],
  ['cancelled', 3],
  ['paused', 4],
  ['odd-state-for-a-while', 3],
  ['filling', 6],
  ['filling-late', 5],
  ['short-for-ever', 5],
  ['short-without-end-time', 2],
  ['losing-pages', 3],
  ['lagging', 5],
  ['output-missing', 3],
  ['vanishing', 2],
  ['never-ending', 1.5],
  ['odd-state-for-ever', 1.5],
  ['unknown-to-ci', 1.5],
  ['source-closed', 1.5],
  ['output-closed', 1.5],
  ['output-not-allowed', 3],
  ['source-not-allowed', 2],
];

const TOTAL_WEIGHT = KINDS.reduce((sum, [, weight]) => sum + weight, 0);

const NO_JOBS: readonly [string, ...string[]] = [
  '{"hello":"world"}',
  'no job at all',
  '{"jobId":"../../evil"}',
  '{"jobId":"d1","bucket":"a/b","region":"x"}',
  '<xml/>',
];

/** Draws the jobs of a seed and how they are put into the queue: all within the first minutes. */
export function drawJobs(
  dice: Dice,
  about: { readonly unknownJobGrace: number; readonly isStorm: boolean },
): { readonly jobs: readonly TrueJob[]; readonly submissions: readonly Submission[] } {
  const count = dice.integer(3, 16);
  const servers = new Array<number>(dice.pick([1, 3, 10])).fill(START);
  const jobs: TrueJob[] = [];
  const submissions: Submission[] = [];
  for (let number = 1; number <= count; number += 1) {
    const job = drawJob(number, drawKind(dice), servers, dice);
    jobs.push(job);
    const at = Math.max(START, job.createdAt) + (job.kind === 'vanishing' ? 0 : dice.integer(0, 3_000));
    submissions.push(submissionOf(job, at, dice));
    // Somebody asks for it once more, when the answer is poorer than before.
    if (job.kind === 'losing-pages') submissions.push(submissionOf(job, job.losesPagesAt + MINUTE, dice));
    if (about.isStorm && dice.chance(0.15))
      submissions.push(submissionOf(job, at + dice.integer(0, 5 * MINUTE), dice));
  }
  if (dice.chance(0.2)) {
    const body = dice.pick(NO_JOBS);
    submissions.push({ at: START + dice.integer(0, MINUTE), delayMs: 0, body, subject: body });
  }
  return { jobs, submissions };
}

function drawKind(dice: Dice): JobKind {
  let left = dice.random() * TOTAL_WEIGHT;
  for (const [kind, weight] of KINDS) {
    left -= weight;
    if (left < 0) return kind;
  }
  return 'ordinary';
}

/** The claim `createdAt` may be true, absent, or any nonsense; some send the bare ID. */
function submissionOf(
  { jobId, bucket, region, createdAt, queueId }: TrueJob,
  at: number,
  dice: Dice,
): Submission {
  const delayMs = dice.chance(0.3) ? dice.integer(0, 15) * 1_000 : 0;
  if (bucket === SOURCE.bucket && dice.chance(0.15)) return { at, delayMs, body: jobId, subject: jobId };
  const claim = dice.pick([
    createdAt,
    createdAt,
    undefined,
    0,
    createdAt - 5 * 24 * 60 * MINUTE,
    createdAt + 24 * 60 * MINUTE,
  ]);
  const body = JSON.stringify({ jobId, bucket, region, queueId: queueId ?? undefined, createdAt: claim });
  return { at, delayMs, body, subject: jobId };
}

/** CI runs so many jobs at a time, in the order of their creation (`servers` says when each is free); durations as in issue 5's model. */
function drawJob(number: number, kind: JobKind, servers: number[], dice: Dice): TrueJob {
  const createdAt =
    START +
    Math.floor((kind === 'vanishing' ? -MONTH : 0) + dice.integer(0, 90) * 1_000 + dice.integer(0, 999));
  const free = Math.min(...servers);
  const startsAt = Math.max(createdAt + dice.integer(0, 500), kind === 'vanishing' ? createdAt : free);
  const durationMs = Math.floor(Math.min(300_000, 1_000 * dice.logNormal(8, 0.8)));
  const pause =
    kind === 'paused'
      ? { from: startsAt + 500, to: startsAt + 500 + dice.integer(1, 10) * MINUTE }
      : undefined;
  const neverEnds = kind === 'never-ending' || kind === 'odd-state-for-ever';
  const endsAt = neverEnds ? Number.POSITIVE_INFINITY : (pause?.to ?? startsAt) + durationMs;
  if (!neverEnds && kind !== 'vanishing') servers[servers.indexOf(free)] = endsAt;

  const isSheet = dice.chance(0.25);
  const isSlow = kind.startsWith('filling') || kind.startsWith('short') || kind === 'losing-pages';
  const pageCount = isSlow ? dice.integer(2, 12) : dice.integer(1, 8);
  const pages = drawPages(pageCount, isSheet, dice);
  const pagesAtEnd = isSlow ? dice.integer(0, pageCount - 1) : pageCount;
  return {
    jobId: `d${number.toString(16).padStart(32, '0')}`,
    bucket: sourceOf(kind, dice),
    region: kind === 'source-not-allowed' ? 'ap-guangzhou' : 'ap-beijing',
    kind,
    createdAt,
    visibleAt:
      kind === 'unknown-to-ci'
        ? Number.POSITIVE_INFINITY
        : createdAt + (kind === 'lagging' ? dice.integer(1, 90) * 1_000 : 0),
    vanishesAt:
      kind === 'vanishing' ? createdAt + MONTH + dice.integer(0, 20) * MINUTE : Number.POSITIVE_INFINITY,
    startsAt,
    endsAt,
    endsAs: kind === 'failed' ? 'Failed' : kind === 'cancelled' ? 'Cancel' : 'Success',
    oddState: kind.startsWith('odd-state') ? dice.pick(['Deleted', 'Exploded', 'running']) : undefined,
    pause,
    saysWhenItEnded: kind !== 'short-without-end-time',
    pages,
    pagesAtEnd,
    filledAt: filledAt(kind, endsAt, dice),
    losesPagesAt: kind === 'losing-pages' ? endsAt + 11 * MINUTE : Number.POSITIVE_INFINITY,
    succeeded: !isSlow && dice.chance(0.1) ? null : pageCount,
    total: dice.chance(0.1) ? null : pageCount + dice.integer(0, 2),
    failed: dice.chance(0.2) ? null : dice.integer(0, 2),
    sheets: isSheet ? dice.integer(1, 3) : null,
    output: outputOf(kind, number),
    code: kind === 'failed' ? '-3006' : 'Success',
    message: kind === 'failed' ? 'encrypted <file> & more' : '',
    queueId: dice.chance(0.5) ? 'p532fdead78444e649e1a4467c1cd19d3' : null,
    userData: dice.chance(0.3) ? `batch-${number} & co` : null,
    inputObject: `in/report ${number}.docx`,
    stateFirst: dice.chance(0.5),
  };
}

function filledAt(kind: JobKind, endsAt: number, dice: Dice): number {
  if (kind === 'filling') return endsAt + dice.integer(1, 500) * 1_000;
  if (kind === 'filling-late') return endsAt + 10 * MINUTE + dice.integer(1, 300) * 1_000;
  return kind.startsWith('short') ? Number.POSITIVE_INFINITY : endsAt;
}

function sourceOf(kind: JobKind, dice: Dice): string {
  if (kind === 'source-closed') return 'closed-1250000000';
  if (kind === 'source-not-allowed') return 'elsewhere-1999999999';
  return dice.chance(0.7) ? SOURCE.bucket : 'more-1250000000';
}

function outputOf(kind: JobKind, number: number): TrueJob['output'] {
  const object = `pages/${number}/p-\${Number}.jpg`;
  switch (kind) {
    case 'output-missing':
      return null;
    case 'output-closed':
      return { bucket: 'sealed-1250000000', region: 'ap-guangzhou', object };
    case 'output-not-allowed':
      return { bucket: 'elsewhere-1999999999', region: 'ap-guangzhou', object };
    default:
      return { bucket: 'out-1250000000', region: 'ap-chongqing', object };
  }
}

/** A document's pages, or the pictures of a spreadsheet's two sheets; sometimes listed out of order. */
function drawPages(count: number, isSheet: boolean, dice: Dice): readonly TruePage[] {
  const slash = dice.chance(0.3) ? '/' : '';
  const first = Math.ceil(count / 2);
  const pages = Array.from({ length: count }, (_, index): TruePage => {
    const tgtUri = `${slash}pages/p&${index + 1}.jpg`;
    if (!isSheet) return { pageNo: index + 1, tgtUri, inSheet: undefined };
    const sheet = index < first ? 1 : 2;
    const picNum = sheet === 1 ? index + 1 : index + 1 - first;
    return {
      pageNo: sheet,
      tgtUri,
      inSheet: { picIndex: index + 1, picNum, pics: sheet === 1 ? first : count - first },
    };
  });
  return dice.chance(0.3) ? pages.reverse() : pages;
}
