import type { DeadLetterReason } from '../../lib/queue/pending-queue.js';
import type { JobScript } from '../ci/script.js';

/** How a demo job should end. */
export type Expected =
  | {
      readonly kind: 'manifest';
      readonly state: 'Success' | 'Failed' | 'Cancel';
      readonly pages: number;
      readonly complete: boolean;
    }
  | { readonly kind: 'dead-letter'; readonly reason: DeadLetterReason };

/** One thing that goes into the queue. */
export type DemoJob =
  /** A document that is put into the bucket and submitted through the real create call. */
  | {
      readonly kind: 'document';
      /** What it shows. */
      readonly group: string;
      readonly bucket: string;
      readonly object: string;
      /** The bucket that its pictures go to. */
      readonly output: string;
      readonly script: JobScript;
      readonly expected: Expected;
    }
  /** A message that somebody else put into the queue. */
  | { readonly kind: 'message'; readonly group: string; readonly body: string; readonly expected: Expected };

/** The demo's buckets with their regions. The two documented answers name output buckets of their own, in another region than the source. */
export const BUCKETS = {
  'docs-1250000000': 'ap-beijing',
  'example-one-1250000000': 'ap-beijing',
  'example-two-1250000000': 'ap-beijing',
  'pictures-1250000000': 'ap-guangzhou',
  'elsewhere-1999999999': 'ap-guangzhou',
  'examplebucket-1250000000': 'ap-chongqing',
  'markjrzhang-1251704708': 'ap-chongqing',
} as const;

type DemoBucket = keyof typeof BUCKETS;

/** Where bare job IDs belong. */
export const SOURCE: DemoBucket = 'docs-1250000000';

/** What manifests may be written to: the account's own buckets, and the one that the second documented answer names. */
export const ALLOWED_BUCKETS = '*-1250000000,markjrzhang-1251704708';

const OUTPUT: DemoBucket = 'pictures-1250000000';

/** Short enough for the demo to end soon, long enough for every job that will end to have ended. */
export const MAX_AGE_SECONDS = 20;
export const UNKNOWN_JOB_GRACE_SECONDS = 6;

/** All that the demo puts into the queue: the ordinary, and everything that a poller must live with. */
export function demoJobs(): readonly DemoJob[] {
  return [
    ...Array.from({ length: 24 }, (_, n) =>
      document('documents', `report-${n + 1}.docx`, {
        pages: 1 + ((n * 7) % 40),
        durationMs: 300 + ((n * 577) % 3_000),
      }),
    ),
    ...Array.from({ length: 4 }, (_, n) =>
      document('spreadsheets', `budget-${n + 1}.xlsx`, { sheets: [2, 1 + n, 3], durationMs: 800 + 300 * n }),
    ),
    document('5,000 pages', 'encyclopedia.pdf', { pages: 5_000, durationMs: 2_000 }),
    document('pages that failed', 'scan.tiff', { pages: 9, failPages: 2, durationMs: 700 }),
    document('still filling', 'filling.pptx', { pages: 30, fillMs: 2_500, durationMs: 500 }),
    document('keys with a slash', 'slash.docx', { pages: 3, tgtUriLeadingSlash: true, durationMs: 600 }),
    document('paused, then resumed', 'paused.docx', { pages: 4, pauseMs: 4_000, durationMs: 500 }),
    ...['broken', 'encrypted', 'empty'].map((name) =>
      document('failed', `${name}.doc`, { ends: 'Failed', durationMs: 400 }),
    ),
    ...['withdrawn', 'cancelled'].map((name) =>
      document('cancelled', `${name}.doc`, { ends: 'Cancel', durationMs: 900 }),
    ),
    ...([1, 2] as const).map((example) => documented(example)),
    ...['endless', 'hopeless'].map((name) =>
      givenUp('never ending', `${name}.docx`, { ends: 'never' }, 'too-old'),
    ),
    givenUp('a state nobody knows', 'strange.docx', { state: 'Exploded' }, 'unknown-state'),
    givenUp('a record that vanished', 'forgotten.docx', { forget: true }, 'unknown-job'),
    {
      ...givenUp('pictures for a stranger', 'leak.docx', { pages: 2, durationMs: 300 }, 'output-not-allowed'),
      output: 'elsewhere-1999999999',
    },
    message('unknown to CI', 'd00000000000000000000000000000bad', 'unknown-job'),
    message('no job at all', '{"hello":"world"}', 'not-a-job'),
    message(
      "a stranger's bucket",
      '{"jobId":"d0123456789abcdef0123456789abcdef","bucket":"elsewhere-1999999999","region":"ap-guangzhou"}',
      'bucket-not-allowed',
    ),
  ];
}

type DemoDocument = Extract<DemoJob, { kind: 'document' }>;

function document(group: string, object: string, script: JobScript): DemoDocument {
  const { ends, failPages = 0, sheets } = script;
  const state = ends === 'Failed' || ends === 'Cancel' ? ends : 'Success';
  const total = sheets?.reduce((sum, pictures) => sum + pictures, 0) ?? script.pages ?? 0;
  const pages = state === 'Success' ? total - failPages : 0;
  return {
    kind: 'document',
    group,
    bucket: SOURCE,
    object: `in/${object}`,
    output: OUTPUT,
    script,
    expected: { kind: 'manifest', state, pages, complete: true },
  };
}

/** The two examples of the API document share a job ID, so each has a bucket of its own. The second counts six pages and shows two. */
function documented(example: 1 | 2): DemoDocument {
  const first = example === 1;
  return {
    ...document('documented examples', first ? '1.doc' : '1.xlsx', { documented: example, durationMs: 500 }),
    bucket: first ? 'example-one-1250000000' : 'example-two-1250000000',
    expected: { kind: 'manifest', state: 'Success', pages: example, complete: first },
  };
}

function givenUp(group: string, object: string, script: JobScript, reason: DeadLetterReason): DemoDocument {
  return { ...document(group, object, script), expected: { kind: 'dead-letter', reason } };
}

function message(group: string, body: string, reason: DeadLetterReason): DemoJob {
  return { kind: 'message', group, body, expected: { kind: 'dead-letter', reason } };
}
