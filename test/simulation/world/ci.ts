import type { WireResponse } from '../../../lib/cos/transport.js';
import { writeCiTime } from '../../../local/ci/ci-time.js';
import { epochMs } from '../../../lib/domain/units.js';
import type { Dice } from '../core/dice.js';
import { isHidden, type ListPlan } from './list-plan.js';
import { viewAt, type TrueJob, type TruePage, type View } from './true-job.js';

/** What CI answered to a describe. */
export interface Described {
  readonly response: WireResponse;
  /** What the answer says of the job: undefined where it says that there is none. */
  readonly view: View | undefined;
}

/** CI's document-job API: each answer is what the true record says at a moment. */
export class SimulatedCi {
  readonly #jobs: ReadonlyMap<string, TrueJob>;

  constructor(jobs: ReadonlyMap<string, TrueJob>) {
    this.#jobs = jobs;
  }

  job(jobId: string): TrueJob | undefined {
    return this.#jobs.get(jobId);
  }

  /** Some other job of the same bucket. */
  anotherThan(jobId: string, bucket: string): string | undefined {
    for (const job of this.#jobs.values()) if (job.jobId !== jobId && job.bucket === bucket) return job.jobId;
    return undefined;
  }

  /** @param seenAt the moment that the answer shows: earlier than now where CI reads a stale copy */
  describe(
    host: { readonly bucket: string; readonly region: string },
    jobId: string,
    seenAt: number,
    requestId: string,
  ): Described {
    const job = this.#jobs.get(jobId);
    const isHere = job?.bucket === host.bucket && job.region === host.region;
    const view = isHere ? viewAt(job, seenAt) : undefined;
    const body =
      job === undefined || view === undefined
        ? `<Response><NonExistJobIds>${jobId}</NonExistJobIds></Response>`
        : `<?xml version="1.0" encoding="utf-8"?><Response>${detailOf(job, view)}</Response>`;
    return { response: xml(body, requestId), view };
  }

  /** A page of a list, the newest job first; undefined where it is refused. A page's token is the number of entries before it. */
  list(
    host: { readonly bucket: string; readonly region: string },
    query: URLSearchParams,
    seenAt: number,
    plan: ListPlan,
    dice: Dice,
    requestId: string,
  ): WireResponse | undefined {
    const queueId = query.get('queueId');
    if (queueId === null && plan.needsQueueId) return undefined;
    const states = new Set(query.get('states')?.split(','));
    const [from, to] = [query.get('startCreationTime'), query.get('endCreationTime')].map((time) =>
      Date.parse(time ?? ''),
    );
    const entries = [...this.#jobs.values()]
      .filter((job) => job.bucket === host.bucket && job.region === host.region && !isHidden(plan, job.jobId))
      .filter((job) => queueId === null || job.queueId === queueId)
      .sort((one, other) => other.createdAt - one.createdAt)
      .flatMap((job) => {
        const created = Math.floor(job.createdAt / 1_000) * 1_000;
        const view = viewAt(job, seenAt - plan.lagMs);
        const isWanted =
          view !== undefined && states.has(view.state) && !(created < (from ?? 0)) && !(created > (to ?? 0));
        return isWanted ? [detailOf(job, view)] : [];
      });
    const begin = Number(query.get('nextToken') ?? 0);
    const end = begin + Number(query.get('size') ?? 10);
    const page = entries
      .slice(plan.repeats ? Math.max(0, begin - 1) : begin, end)
      .filter(() => plan.skipShare === 0 || !dice.chance(plan.skipShare))
      .map((entry) =>
        plan.lacksResults ? entry.replace(/<DocProcessResult>.*<\/DocProcessResult>/s, '') : entry,
      );
    const token = end < entries.length ? element('NextToken', String(end)) : '<NextToken/>';
    return xml(`<Response>${page.join('')}${token}</Response>`, requestId);
  }
}

function xml(body: string, requestId: string): WireResponse {
  const headers = { 'content-type': 'application/xml', 'x-ci-request-id': requestId };
  return { status: 200, headers, body: Buffer.from(body) };
}

/** A job's `JobsDetail`. */
function detailOf(job: TrueJob, view: View): string {
  const state = element('State', view.state);
  const endTime = view.endedAt === undefined ? '-' : job.saysWhenItEnded ? ciTime(view.endedAt) : '';
  const hasEnded = view.endedAt !== undefined;
  return (
    `<JobsDetail>${job.stateFirst ? state : ''}` +
    element('Code', hasEnded ? job.code : 'Success') +
    element('CreationTime', ciTime(job.createdAt)) +
    element('EndTime', endTime) +
    `<Input><BucketId>${job.bucket}</BucketId>${element('Object', job.inputObject)}</Input>` +
    element('JobId', job.jobId) +
    element('Message', hasEnded ? job.message : '') +
    `<Operation>${outputOf(job, job.stateFirst)}${view.state === 'Success' ? resultOf(job, view.shownPages) : ''}` +
    `${outputOf(job, !job.stateFirst)}${element('UserData', job.userData ?? '')}</Operation>` +
    element('QueueId', job.queueId ?? '') +
    element('StartTime', view.startedAt === undefined ? '-' : ciTime(view.startedAt)) +
    (job.stateFirst ? '' : state) +
    '<Tag>DocProcess</Tag></JobsDetail>'
  );
}

function outputOf({ output }: TrueJob, isHere: boolean): string {
  if (output === null || !isHere) return '';
  const { bucket, region, object } = output;
  return `<Output><Bucket>${bucket}</Bucket>${element('Object', object)}<Region>${region}</Region></Output>`;
}

function resultOf({ failed, succeeded, total, sheets, pages }: TrueJob, shown: number): string {
  let listed = '';
  for (let at = 0; at < shown; at += 1) listed += pageOf(pages[at]);
  return (
    `<DocProcessResult>${count('FailPageCount', failed)}${listed}${count('SuccPageCount', succeeded)}` +
    `${count('TotalPageCount', total)}${count('TotalSheetCount', sheets)}</DocProcessResult>`
  );
}

function pageOf(page: TruePage | undefined): string {
  if (page === undefined) return '';
  const { pageNo, tgtUri, inSheet } = page;
  const sheet =
    inSheet === undefined
      ? ''
      : `<PicIndex>${inSheet.picIndex}</PicIndex><PicNum>${inSheet.picNum}</PicNum><X-SheetPics>${inSheet.pics}</X-SheetPics>`;
  return `<PageInfo><PageNo>${pageNo}</PageNo>${element('TgtUri', tgtUri)}${sheet}</PageInfo>`;
}

const count = (name: string, value: number | null): string =>
  value === null ? '' : `<${name}>${value}</${name}>`;

function element(name: string, text: string): string {
  return text === '' ? `<${name}/>` : `<${name}>${escaped(text)}</${name}>`;
}

const escaped = (text: string): string =>
  /[&<>]/.test(text) ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') : text;

const ciTime = (moment: number): string => writeCiTime(epochMs(moment));
