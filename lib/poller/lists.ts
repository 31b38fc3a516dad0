import { DeadlineError } from '../cos/errors/deadline-error.js';
import { UndecodableError } from '../cos/errors/undecodable-error.js';
import type { JobSource } from '../doc-jobs/describe.js';
import type { DocJob } from '../doc-jobs/doc-job.js';
import type { JobListQuery, JobPage } from '../doc-jobs/list.js';
import { DocjobError } from '../domain/docjob-error.js';
import type { JobId } from '../domain/names.js';
import type { Log } from '../telemetry/log.js';

/** Asks for one page of a list. */
export type ListPage = (source: JobSource, query: JobListQuery) => Promise<JobPage>;

/** What a list is asked for, and when to stop. */
export interface ListRequest<T> {
  readonly source: JobSource;
  readonly query: Pick<JobListQuery, 'queueId' | 'states' | 'createdFrom' | 'createdTo'>;
  /** What to keep of an entry; of undefined for one that names its job and cannot be decoded. A whole job holds all of its pages. */
  readonly keep: (job: DocJob | undefined) => T;
  /** Whether another page is worth a call. */
  readonly goesOn: (pages: number, found: ReadonlyMap<JobId, T>) => boolean;
}

/** What the pages of a list brought. */
export interface Listed<T> {
  /** What was kept of each entry, by job. */
  readonly found: ReadonlyMap<JobId, T>;
  readonly pages: number;
  /** Whether the service said that there is no further page. */
  readonly isWhole: boolean;
}

/** A page that cannot be read, as where its jobs have too many pages for one answer, is asked for again with so many times fewer entries. */
const SHRINK = 4;

/** The lists of one run. One that fails is a list that is not whole; it is logged, and not asked for again. */
export class Lists {
  readonly #list: ListPage;
  readonly #log: Log;
  readonly #onFailure: (error: DocjobError) => void;
  #pageSize: number;
  readonly #failed = new Set<string>();

  /** @param onFailure hears of each page that could not be had or read */
  constructor(list: ListPage, pageSize: number, log: Log, onFailure: (error: DocjobError) => void) {
    this.#onFailure = onFailure;
    this.#list = list;
    this.#pageSize = pageSize;
    this.#log = log;
  }

  /**
   * Asks for the pages of a list until there are no more, or another one is not worth a call.
   *
   * @throws what concerns more than lists: a DocjobError of disposition `credentials`, the reason of an aborted signal.
   */
  async ask<T>({ source, query, keep, goesOn }: ListRequest<T>): Promise<Listed<T>> {
    const found = new Map<JobId, T>();
    const list = JSON.stringify([source.bucket, source.region, query.queueId]);
    let pages = 0;
    let nextToken: string | undefined;
    try {
      while (!this.#failed.has(list) && goesOn(pages, found)) {
        pages += 1;
        const page = await this.#page(source, {
          ...query,
          ...(nextToken === undefined ? {} : { nextToken }),
        });
        if (page === undefined) continue;
        for (const entry of page.entries) {
          if (entry.kind === 'job') found.set(entry.job.jobId, keep(entry.job));
          else if (entry.jobId !== undefined) found.set(entry.jobId, keep(undefined));
        }
        nextToken = page.nextToken;
        if (nextToken === undefined) return { found, pages, isWhole: true };
      }
    } catch (error) {
      if (!(error instanceof DocjobError) || error.disposition === 'credentials') throw error;
      // No time is left, which is no fault of the list.
      if (error instanceof DeadlineError) return { found, pages, isWhole: false };
      this.#failed.add(list);
      this.#tell(source, error);
    }
    return { found, pages, isWhole: false };
  }

  /** A page, or undefined for one that is to be asked for again with fewer entries. */
  async #page(source: JobSource, query: JobListQuery): Promise<JobPage | undefined> {
    try {
      return await this.#list(source, { ...query, size: this.#pageSize });
    } catch (error) {
      if (!(error instanceof UndecodableError) || this.#pageSize === 1) throw error;
      this.#pageSize = Math.ceil(this.#pageSize / SHRINK);
      this.#tell(source, error);
      return undefined;
    }
  }

  #tell({ bucket, region }: JobSource, error: DocjobError): void {
    const { code, message, requestId } = error;
    this.#onFailure(error);
    this.#log.warn('list-failed', { bucket, region, code, message, requestId });
  }
}
