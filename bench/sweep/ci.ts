import type { DocJob } from '../../lib/doc-jobs/doc-job.js';
import type { JobListQuery, JobPage } from '../../lib/doc-jobs/list.js';
import { epochMs, type EpochMs } from '../../lib/domain/units.js';
import type { ModelJob } from './workload.js';

/** Half a window's widening, as `listDocJobs` does it. */
const GRAIN_MS = 1_000;

/** CI as the poller sees it, without XML and HTTP: it counts what it is asked. */
export class ModelCi {
  describes = 0;
  pages = 0;
  readonly #jobs: readonly ModelJob[];
  readonly #now: () => EpochMs;
  /** Entries are made once: there are millions of them. */
  readonly #running = new Map<ModelJob, DocJob>();
  readonly #ended = new Map<ModelJob, DocJob>();

  /** @param jobs in the order of their creation */
  constructor(jobs: readonly ModelJob[], now: () => EpochMs) {
    this.#jobs = jobs;
    this.#now = now;
  }

  /** Whether the job has ended. */
  describe(job: ModelJob): boolean {
    this.describes += 1;
    return job.endsAt <= this.#now();
  }

  /** One page, the newest job first. */
  list({ states, createdFrom, createdTo, nextToken, size = 10 }: JobListQuery): JobPage {
    this.pages += 1;
    const now = this.#now();
    const wantsEnded = states?.includes('Success') === true;
    const from = (createdFrom ?? 0) - GRAIN_MS;
    const to = (createdTo ?? Infinity) + GRAIN_MS;
    const entries: JobPage['entries'][number][] = [];
    let at = nextToken === undefined ? this.#lastAt(Math.min(to, now)) : Number(nextToken);
    for (; at >= 0; at -= 1) {
      const job = this.#jobs[at];
      if (job === undefined || job.createdAt < from) break;
      if (job.endsAt <= now !== wantsEnded) continue;
      if (entries.length === size) return { entries, nextToken: String(at), requestId: 'model' };
      entries.push({ kind: 'job', job: this.#entryOf(job, now) });
    }
    return { entries, nextToken: undefined, requestId: 'model' };
  }

  #entryOf(job: ModelJob, now: EpochMs): DocJob {
    const isRunning = job.endsAt > now;
    const made =
      (isRunning ? this.#running : this.#ended).get(job) ?? (isRunning ? running(job) : ended(job));
    (isRunning ? this.#running : this.#ended).set(job, made);
    return made;
  }

  /** The index of the last job created at a moment or before. */
  #lastAt(moment: number): number {
    let [low, high] = [0, this.#jobs.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#jobs[middle]?.createdAt ?? Infinity) <= moment) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

const running = (job: ModelJob): DocJob => ({ ...factsOf(job), state: 'Running', endTime: null });

/** That it lacks its pages is what a sweep has to live with. */
const ended = (job: ModelJob): DocJob => ({
  ...factsOf(job),
  state: 'Success',
  endTime: { at: epochMs(job.endsAt), iso: new Date(job.endsAt).toISOString() },
  counts: { total: null, succeeded: null, failed: null, sheets: null },
  pages: [],
});

function factsOf(job: ModelJob) {
  return {
    jobId: job.jobId,
    code: null,
    message: null,
    tag: null,
    queueId: null,
    inputObject: null,
    output: null,
    userData: null,
    creationTime: { at: job.createdAt, iso: new Date(job.createdAt).toISOString() },
    startTime: null,
  };
}
