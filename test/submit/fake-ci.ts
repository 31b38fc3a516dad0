import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { TransportError } from '../../lib/cos/errors/transport-error.js';
import type { CosRequest, CosRequester, CosResponse } from '../../lib/cos/requester.js';
import { parseXml } from '../../lib/cos/xml.js';
import type { Disposition } from '../../lib/domain/docjob-error.js';
import { SOURCE } from '../support/pending-jobs.js';

/** A job as the fake keeps it: its `JobsDetail`. */
export interface FakeJob {
  readonly jobId: string;
  /** Empty for none. */
  readonly userData: string;
  readonly object: string;
  /** The output's key template, in the bucket of the source. */
  readonly output?: string;
  /** As CI writes it. */
  readonly creationTime: string;
}

export const jobsDetail = ({ jobId, userData, object, output = '', creationTime }: FakeJob): string =>
  `<JobsDetail><JobId>${jobId}</JobId><State>Submitted</State><CreationTime>${creationTime}</CreationTime><QueueId>p1</QueueId>` +
  `<Input><Object>${object}</Object></Input><Operation><UserData>${userData}</UserData>` +
  `<Output><Bucket>${SOURCE.bucket}</Bucket><Region>${SOURCE.region}</Region><Object>${output}</Object></Output></Operation></JobsDetail>`;

/** What happens to a create: the job is made or not, and its answer arrives or an error comes. */
export type Create = 'answered' | 'lost' | 'never-made' | Error;

/** The time at which the fake makes its jobs, and the clock of tests stands: 2026-01-01T00:00:00Z. */
export const CREATION_TIME = '2026-01-01T08:00:00+0800';

/** CI's creates and lists as a function: remembers what it was asked. */
export class FakeCi implements CosRequester {
  readonly jobs: FakeJob[] = [];
  readonly requests: CosRequest[] = [];
  /** One for each create; afterwards all are answered. */
  creates: Create[] = [];
  /** Called for each request. */
  onRequest: () => void = () => undefined;
  /** The pages of a list; by default all jobs on one. Called with the query. */
  page: (query: Readonly<Record<string, string>>) => string = () => this.jobs.map(jobsDetail).join('');

  get asked(): readonly string[] {
    return this.requests.map(({ method }) => method);
  }

  // As a real requester: what happens inside rejects.
  // eslint-disable-next-line @typescript-eslint/require-await
  async send<T>(request: CosRequest, decode: (response: CosResponse) => T): Promise<T> {
    this.requests.push(request);
    this.onRequest();
    return decode(request.method === 'POST' ? this.#create(request) : answer(this.page(request.query ?? {})));
  }

  #create({ body = Buffer.alloc(0) }: CosRequest): CosResponse {
    const how = this.creates.shift() ?? 'answered';
    if (how instanceof Error) throw how;
    if (how === 'never-made') throw new TransportError('connection', 'POST had no answer');
    const root = parseXml({ body, requestId: undefined }, 'Request', 100_000);
    const job = {
      jobId: `d${this.jobs.length + 1}`,
      userData: root.child('Operation')?.text('UserData') ?? '',
      object: root.child('Input')?.text('Object') ?? '',
      output: root.child('Operation')?.child('Output')?.text('Object') ?? '',
      creationTime: CREATION_TIME,
    };
    this.jobs.push(job);
    if (how === 'lost') throw new TransportError('timeout', 'POST had no whole answer within 5000 ms');
    return answer(jobsDetail(job));
  }
}

function answer(body: string): CosResponse {
  return { status: 200, headers: {}, body: Buffer.from(`<Response>${body}</Response>`), requestId: 'r1' };
}

export const serviceError = (status: number, disposition: Disposition): ServiceError =>
  new ServiceError({ asked: 'POST', status, disposition, requestId: 'r2' });
