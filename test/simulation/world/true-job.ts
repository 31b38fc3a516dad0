/** What really happens to one job at CI. All times in true milliseconds. The oracle, and the simulated CI, know it; the poller must find out. */
export interface TrueJob {
  readonly jobId: string;
  readonly bucket: string;
  readonly region: string;
  /** What makes it special, for reports and expectations. */
  readonly kind: JobKind;
  readonly createdAt: number;
  /** From here on CI's record can be seen: a fresh one may lag. Infinity: CI never heard of it. */
  readonly visibleAt: number;
  /** From here on CI has forgotten it. */
  readonly vanishesAt: number;
  readonly startsAt: number;
  /** Infinity: it never ends. */
  readonly endsAt: number;
  readonly endsAs: 'Success' | 'Failed' | 'Cancel';
  /** What it is in while it is under way, if not `Running`: a state that nobody knows. */
  readonly oddState: string | undefined;
  /** When it stands still. */
  readonly pause: { readonly from: number; readonly to: number } | undefined;
  /** Some answers do not say when the job ended. */
  readonly saysWhenItEnded: boolean;
  readonly pages: readonly TruePage[];
  /** How many pages can be seen when it ends; the rest follows evenly until `filledAt`. */
  readonly pagesAtEnd: number;
  /** Infinity: the rest never comes. */
  readonly filledAt: number;
  /** From here on CI lists only the pages that were there at the end, again. */
  readonly losesPagesAt: number;
  /** `SuccPageCount`; null where CI does not say. */
  readonly succeeded: number | null;
  readonly total: number | null;
  readonly failed: number | null;
  readonly sheets: number | null;
  readonly output: { readonly bucket: string; readonly region: string; readonly object: string } | null;
  readonly code: string;
  readonly message: string;
  readonly queueId: string | null;
  readonly userData: string | null;
  readonly inputObject: string;
  /** In which order the elements of an answer come: no document promises one. */
  readonly stateFirst: boolean;
}

export interface TruePage {
  readonly pageNo: number;
  readonly tgtUri: string;
  readonly inSheet: { readonly picIndex: number; readonly picNum: number; readonly pics: number } | undefined;
}

export type JobKind =
  | 'ordinary'
  | 'failed'
  | 'cancelled'
  | 'paused'
  | 'odd-state-for-a-while'
  | 'filling'
  | 'filling-late'
  | 'short-for-ever'
  | 'losing-pages'
  | 'short-without-end-time'
  | 'lagging'
  | 'output-missing'
  | 'vanishing'
  | 'never-ending'
  | 'odd-state-for-ever'
  | 'unknown-to-ci'
  | 'source-closed'
  | 'output-closed'
  | 'output-not-allowed'
  | 'source-not-allowed';

/** What CI's own record of a job says at a moment; undefined while, or once, there is none. */
export interface View {
  readonly state: string;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly shownPages: number;
}

export function viewAt(job: TrueJob, moment: number): View | undefined {
  if (moment < job.visibleAt || moment >= job.vanishesAt) return undefined;
  if (moment >= job.endsAt) {
    return {
      state: job.endsAs,
      startedAt: job.startsAt,
      endedAt: job.endsAt,
      shownPages: shownPages(job, moment),
    };
  }
  const startedAt = moment >= job.startsAt ? job.startsAt : undefined;
  return { state: stateBeforeEnd(job, moment), startedAt, endedAt: undefined, shownPages: 0 };
}

function stateBeforeEnd(job: TrueJob, moment: number): string {
  if (job.pause !== undefined && moment >= job.pause.from && moment < job.pause.to) return 'Pause';
  if (moment < job.startsAt) return 'Submitted';
  return job.oddState ?? 'Running';
}

function shownPages(job: TrueJob, moment: number): number {
  const { endsAs, endsAt, filledAt, losesPagesAt, pages, pagesAtEnd } = job;
  if (endsAs !== 'Success') return 0;
  if (moment >= losesPagesAt) return pagesAtEnd;
  if (moment >= filledAt) return pages.length;
  if (filledAt === Number.POSITIVE_INFINITY) return pagesAtEnd;
  const share = (moment - endsAt) / (filledAt - endsAt);
  return pagesAtEnd + Math.floor((pages.length - pagesAtEnd) * share);
}

/** How many pages make the job whole, as whoever reads its answers can know it. */
export function pagesWanted(job: TrueJob): number {
  return job.endsAs === 'Success' ? (job.succeeded ?? 1) : 0;
}
