import pMap from 'p-map';
import type { CosRequester } from '../cos/requester.js';
import type { JobSource } from '../doc-jobs/describe.js';
import type { EndedJob } from '../doc-jobs/doc-job.js';
import { listPages } from '../doc-jobs/list-pages.js';
import type { JobListEntry, JobPage } from '../doc-jobs/list.js';
import { DocjobError } from '../domain/docjob-error.js';
import { parseQueueId, type BucketName, type JobId } from '../domain/names.js';
import { before, millis, minutes, type EpochMs, type Millis } from '../domain/units.js';
import { hasManifest, manifestLocation, type KeyTemplate } from '../manifest/index.js';
import type { PendingJob, PendingQueue } from '../queue/pending-queue.js';
import type { Log } from '../telemetry/log.js';
import type { MissingJob, NotEnqueued, ReconcileReport } from './report.js';

/** Which jobs to go through, and what to do about those that nobody looks after. */
export interface ReconcileQuery {
  readonly source: JobSource;
  /** The CI queue; older pages of the document require it. */
  readonly queueId?: string | undefined;
  /** By creation time. CI's records vanish after a month. */
  readonly createdFrom: EpochMs;
  readonly createdTo: EpochMs;
  /** So long ago a job must have ended: one that ended lately is still waiting for its look. */
  readonly settledFor: Millis;
  /** Jobs to leave alone: known dead letters, where the queue cannot be asked. */
  readonly except: ReadonlySet<string>;
  /** Whether those that are found are put into the queue; else they are only reported. */
  readonly enqueue: boolean;
}

/** What reconciling works through. */
export interface ReconcileDeps {
  readonly requester: CosRequester;
  readonly queue: Pick<PendingQueue, 'enqueue' | 'held'>;
  readonly keyTemplate: KeyTemplate;
  readonly isAllowedBucket: (bucket: BucketName) => boolean;
  readonly now: () => EpochMs;
  /** No page is begun after this moment: what is left is for settling and for the answer. */
  readonly workUntil: EpochMs;
  readonly concurrency: number;
  readonly log: Log;
}

/**
 * A job that ended so long ago has its manifest, where anybody looks after it: looks are at most half an hour apart (the schedule's ceiling), and a run
 * may be missed.
 */
export const DEFAULT_SETTLED_FOR: Millis = minutes(60);

/** The most jobs that a report names: an answer of more than 6 MB would be lost (AWS Lambda quotas; SCF, product 583, page 11637). The rest is counted. */
const MAX_NAMED = 2_000;

/**
 * Finds the jobs that CI knows, that have ended a while ago, and that have neither a manifest nor, as far as can be told, a place in the queue or the
 * dead letters: submitted past us, or lost by somebody. A finding is a hint: at worst a job is looked at once more, and its manifest written again, the same.
 *
 * @throws what {@link listPages} throws, and a QueueError when the queue cannot be asked what it holds.
 */
export async function reconcile(query: ReconcileQuery, deps: ReconcileDeps): Promise<ReconcileReport> {
  return new Reconciliation(query, deps).go();
}

/** What there is to say about a job that is not missing. */
type Verdict = Exclude<keyof ReconcileReport['jobs'], 'missing'>;

/** A job to put into the queue, and what to say about it. */
interface Finding {
  readonly pending: PendingJob;
  readonly missing: MissingJob;
}

const AT_ONCE = millis(0);

const NOTHING: ReadonlySet<JobId> = new Set();

class Reconciliation {
  readonly #query: ReconcileQuery;
  readonly #deps: ReconcileDeps;
  readonly #counts: Record<Verdict | 'missing', number> = {
    manifest: 0,
    missing: 0,
    recent: 0,
    unended: 0,
    held: 0,
    excepted: 0,
    'output-not-allowed': 0,
    unreadable: 0,
    unchecked: 0,
  };
  readonly #seen = new Set<JobId>();
  readonly #missing: MissingJob[] = [];
  readonly #notEnqueued: NotEnqueued[] = [];
  #enqueued = 0;
  #pages = 0;
  #latest: EpochMs | undefined;
  #isInOrder = true;

  constructor(query: ReconcileQuery, deps: ReconcileDeps) {
    this.#query = query;
    this.#deps = deps;
  }

  async go(): Promise<ReconcileReport> {
    const { source, queueId, createdFrom, createdTo } = this.#query;
    const { requester, queue, now, workUntil } = this.#deps;
    const held = await queue.held?.();
    const list = {
      ...(queueId === undefined ? {} : { queueId }),
      order: 'ascending' as const,
      createdFrom,
      createdTo,
    };
    let isWhole = true;
    for await (const page of listPages(requester, source, list)) {
      await this.#take(page, held ?? NOTHING);
      isWhole = page.nextToken === undefined;
      if (!isWhole && now() >= workUntil) break;
    }
    const report = this.#report(isWhole, held !== undefined);
    this.#deps.log.info('reconciled', { ...source, ...report, missing: report.missing.length });
    return report;
  }

  async #take(page: JobPage, held: ReadonlySet<JobId>): Promise<void> {
    this.#pages += 1;
    this.#noteOrder(page.entries);
    const verdicts = await pMap(page.entries, (entry) => this.#judge(entry, held), {
      concurrency: this.#deps.concurrency,
    });
    const findings: Finding[] = [];
    for (const verdict of verdicts) {
      if (verdict === 'repeated') continue;
      if (typeof verdict !== 'string') findings.push(verdict);
      this.#counts[typeof verdict === 'string' ? verdict : 'missing'] += 1;
    }
    for (const { missing } of findings.slice(0, MAX_NAMED - this.#missing.length))
      this.#missing.push(missing);
    if (this.#query.enqueue) await this.#enqueue(findings);
  }

  async #judge(entry: JobListEntry, held: ReadonlySet<JobId>): Promise<Finding | Verdict | 'repeated'> {
    if (entry.kind === 'undecodable') return 'unreadable';
    const { job } = entry;
    if (this.#seen.has(job.jobId)) return 'repeated';
    this.#seen.add(job.jobId);
    if (job.state !== 'Success' && job.state !== 'Failed' && job.state !== 'Cancel') return 'unended';
    if (this.#query.except.has(job.jobId)) return 'excepted';
    if (held.has(job.jobId)) return 'held';
    const endedAt = job.endTime?.at ?? job.creationTime?.at;
    // One that does not say when it ended is looked for: the window of creation times is bounded already.
    if (endedAt !== undefined && endedAt > before(this.#deps.now(), this.#query.settledFor)) return 'recent';
    return this.#lookForManifest(job);
  }

  async #lookForManifest(job: EndedJob): Promise<Finding | Verdict> {
    const { requester, keyTemplate, isAllowedBucket, log } = this.#deps;
    const { source } = this.#query;
    const location = manifestLocation(job, source, keyTemplate, isAllowedBucket);
    if (location.kind === 'not-allowed') return 'output-not-allowed';
    try {
      return (await hasManifest(requester, location)) ? 'manifest' : findingOf(job, source);
    } catch (error) {
      if (!(error instanceof DocjobError) || error.disposition === 'credentials') throw error;
      const { code, message, requestId } = error;
      log.warn('manifest-unchecked', { jobId: job.jobId, ...source, code, message, requestId });
      return 'unchecked';
    }
  }

  async #enqueue(findings: readonly Finding[]): Promise<void> {
    const results = await this.#deps.queue.enqueue(
      findings.map(({ pending }) => pending),
      AT_ONCE,
    );
    for (const result of results) {
      if (result.ok) this.#enqueued += 1;
      else {
        const { code, message } = result.error;
        this.#notEnqueued.push({ jobId: result.job.jobId, code, message });
      }
    }
  }

  /** Where to go on is told by creation times, which is true only where they come in order. */
  #noteOrder(entries: readonly JobListEntry[]): void {
    for (const entry of entries) {
      const at = entry.kind === 'job' ? entry.job.creationTime?.at : undefined;
      if (at === undefined) continue;
      if (this.#latest !== undefined && at < this.#latest) this.#isInOrder = false;
      this.#latest = at;
    }
  }

  #report(isWhole: boolean, isQueueKnown: boolean): ReconcileReport {
    const resumeAt = isWhole || !this.#isInOrder ? undefined : this.#latest;
    return {
      jobs: { ...this.#counts },
      missing: this.#missing,
      enqueued: this.#query.enqueue ? this.#enqueued : null,
      notEnqueued: this.#notEnqueued,
      isQueueKnown,
      pages: this.#pages,
      isWhole,
      resumeFrom: resumeAt === undefined ? null : new Date(resumeAt).toISOString(),
    };
  }
}

function findingOf(job: EndedJob, source: JobSource): Finding {
  const { jobId, state, creationTime, endTime } = job;
  const queueId = parseQueueId(job.queueId ?? '');
  return {
    pending: {
      jobId,
      ...source,
      ...(queueId === undefined ? {} : { queueId }),
      ...(creationTime === null ? {} : { createdAt: creationTime.at }),
    },
    missing: {
      jobId,
      ...source,
      state,
      ...(creationTime === null ? {} : { createdAt: creationTime.iso }),
      ...(endTime === null ? {} : { endedAt: endTime.iso }),
    },
  };
}
