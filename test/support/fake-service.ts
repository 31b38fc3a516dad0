import type { ExchangeLimits, Transport, WireRequest, WireResponse } from '../../lib/cos/transport.js';

/** Answers a request of the loop; undefined means a job that CI does not know, or a PUT that is taken. */
export type Answering = (
  request: WireRequest,
) => Partial<WireResponse> | undefined | Promise<Partial<WireResponse> | undefined>;

/** COS and CI as a function, for tests of the loop: no sockets, no time. The probe's job is unknown unless the test says otherwise. */
export class FakeService implements Transport {
  readonly requests: string[] = [];
  readonly manifests = new Map<string, string>();
  readonly #answer: Answering;

  constructor(answer: Answering) {
    this.#answer = answer;
  }

  async exchange(request: WireRequest, limits: ExchangeLimits): Promise<WireResponse> {
    limits.signal.throwIfAborted();
    this.requests.push(
      `${request.method} ${request.target.host.split('.').slice(0, 2).join('.')}${request.path}`,
    );
    const aborted = new Promise<never>((_resolve, reject) => {
      limits.signal.addEventListener('abort', () => reject(limits.signal.reason as Error), { once: true });
    });
    const given = await Promise.race([this.#answer(request), aborted]);
    if (request.method === 'PUT' && (given?.status ?? 200) === 200) {
      this.manifests.set(`${request.target.host}${request.path}`, Buffer.from(request.body ?? []).toString());
    }
    return {
      status: 200,
      headers: {},
      body: request.method === 'GET' ? missing(request) : Buffer.alloc(0),
      ...given,
    };
  }

  close(): void {
    this.requests.push('close');
  }
}

const xml = (body: string): Partial<WireResponse> => ({ status: 200, body: Buffer.from(body) });

function missing({ path }: WireRequest): Buffer {
  return Buffer.from(`<Response><NonExistJobIds>${path.split('/').at(-1) ?? ''}</NonExistJobIds></Response>`);
}

/** The job that a request asks about. */
export const askedJob = ({ path }: WireRequest): string => path.split('/').at(-1) ?? '';

/** Whether a request is the run's probe. */
export const isProbe = (request: WireRequest): boolean => askedJob(request) === 'docjobprobe';

/** A describe's answer for a job in `state`, with one page where it succeeded. */
export function jobInState(
  jobId: string,
  state: string,
  output: { bucket: string; region: string } = { bucket: 'out-1250000000', region: 'ap-chongqing' },
): Partial<WireResponse> {
  const result =
    state === 'Success'
      ? '<DocProcessResult><PageInfo><PageNo>1</PageNo><TgtUri>o/1.jpg</TgtUri></PageInfo><SuccPageCount>1</SuccPageCount></DocProcessResult>'
      : '';
  return xml(
    `<Response><JobsDetail><Code>Success</Code><JobId>${jobId}</JobId><State>${state}</State><EndTime>-</EndTime>` +
      `<Operation>${result}<Output><Bucket>${output.bucket}</Bucket><Region>${output.region}</Region><Object>o/\${Number}.jpg</Object></Output></Operation>` +
      '</JobsDetail></Response>',
  );
}

/** An error as COS and CI send it. */
export function failure(status: number, code: string, message = ''): Partial<WireResponse> {
  const body = `<Error><Code>${code}</Code><Message>${message}</Message><RequestId>NjA=</RequestId></Error>`;
  return { status, body: Buffer.from(body) };
}
