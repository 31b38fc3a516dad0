import { FILL_GRACE } from '../../../lib/poller/decide.js';
import type { Process } from '../core/process.js';
import { unnoticedSkewMs, type Scenario } from '../scenario.js';
import type { StoredObject } from '../world/cos.js';
import type { TrueJob, View } from '../world/true-job.js';
import { pagesWanted } from '../world/true-job.js';
import { expectedManifest, expectedPlace } from './oracle.js';
import type { Violations } from './violations.js';

export interface Place {
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
}

/** Promises 2 and 8: every manifest is the true one, from a whole answer, in the one right place. */
export class Manifests {
  readonly #scenario: Scenario;
  readonly #byKey = new Map<string, TrueJob>();
  readonly #violations: Violations;
  /** What whole answers said to whom: `run job` → numbers of pages. */
  readonly #answered = new Map<string, Set<number>>();
  /** When a run last asked what is stored: `run key`. */
  readonly #asked = new Map<string, number>();

  constructor(scenario: Scenario, violations: Violations) {
    this.#scenario = scenario;
    this.#violations = violations;
    for (const job of scenario.jobs) this.#byKey.set(expectedPlace(job).key, job);
  }

  /** CI gave a whole answer about an ended job to a run. */
  onAnswer(process: Process, jobId: string, view: View): void {
    const key = `${process.id} ${jobId}`;
    const shown = this.#answered.get(key) ?? new Set<number>();
    this.#answered.set(key, shown);
    if (view.endedAt !== undefined) shown.add(view.shownPages);
  }

  onHead(process: Process, { key }: { readonly key: string }, now: number): void {
    this.#asked.set(`${process.id} ${key}`, now);
  }

  onPut(process: Process, place: Place, bytes: Buffer, before: StoredObject | undefined, now: number): void {
    const { bucket, region, key } = place;
    if (!this.#scenario.policy.isAllowedBucket(bucket as never))
      this.#violations.add(8, `something was written to ${bucket}, which is not allowed`); // a plain string here
    const job = this.#byKey.get(key);
    if (job === undefined) {
      this.#violations.add(2, `something was written to ${bucket}/${key}, where no manifest belongs`);
      return;
    }
    const right = expectedPlace(job);
    if (right.bucket !== bucket || right.region !== region) {
      this.#violations.add(
        2,
        `the manifest of ${job.jobId} (${job.kind}) was written to ${bucket} (${region}), not to ${right.bucket}`,
      );
    }
    this.#checkContent(process, job, bytes.toString('utf8'), before, now);
  }

  #checkContent(
    process: Process,
    job: TrueJob,
    text: string,
    before: StoredObject | undefined,
    now: number,
  ): void {
    const shown = this.#answered.get(`${process.id} ${job.jobId}`) ?? new Set<number>();
    const wanted = pagesWanted(job);
    for (const pages of shown) {
      if (pages >= wanted && text === expectedManifest(job, pages, true)) return;
      if (pages >= wanted || text !== expectedManifest(job, pages, false)) continue;
      this.#checkIncomplete(process, job, pages, before, now);
      return;
    }
    const seen =
      shown.size === 0 ? 'no whole answer' : `answers with ${[...shown].join(', ')} of ${wanted} pages`;
    this.#violations.add(
      2,
      `the manifest of ${job.jobId} (${job.kind}) is not the true one, after ${seen}: ${text}`,
    );
  }

  /** `complete: false` is for jobs whose time to fill is over, and never takes the place of more. */
  #checkIncomplete(
    process: Process,
    job: TrueJob,
    pages: number,
    before: StoredObject | undefined,
    now: number,
  ): void {
    const { policy } = this.#scenario;
    const submitted = this.#scenario.submissions
      .filter(({ subject }) => subject === job.jobId)
      .map(({ at }) => at);
    const from = job.saysWhenItEnded
      ? job.endsAt + FILL_GRACE
      : Math.min(...submitted) + policy.decisions.maxAge;
    if (now < from - unnoticedSkewMs(this.#scenario) - 2_000) {
      this.#violations.add(
        2,
        `an incomplete manifest of ${job.jobId} (${job.kind}) was written ${from - now} ms too early`,
      );
    }
    const askedAt = this.#asked.get(`${process.id} ${expectedPlace(job).key}`);
    if (before === undefined || !(askedAt === undefined || before.storedAt <= askedAt)) return;
    const has = Number(before.headers['x-cos-meta-docjob-pages']);
    if (has > pages)
      this.#violations.add(
        2,
        `a manifest of ${job.jobId} with ${has} pages was replaced by one with ${pages}`,
      );
  }
}
