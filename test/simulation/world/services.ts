import type { WireRequest, WireResponse } from '../../../lib/cos/transport.js';
import type { Process } from '../core/process.js';
import type { Dice } from '../core/dice.js';
import type { SimulatedCi } from './ci.js';
import { refusal, type SimulatedCos, type StoredObject } from './cos.js';
import type { SimulatedIdentity } from './identity.js';
import type { ListPlan } from './list-plan.js';
import type { View } from './true-job.js';

/** What a service answered, and what of it is true. */
export interface Served {
  readonly response: WireResponse;
  /** What a describe's answer says, were it whole; undefined for all else. */
  readonly view: View | undefined;
  /** Refused because the bucket is closed to us. */
  readonly isClosed: boolean;
  /** Refused for who asks or where, before anything else could go wrong. */
  readonly isRefused: boolean;
  /** About the job that was asked about, since there is no other in its bucket. */
  readonly isAboutItself?: boolean;
}

/** A bucket that refuses us for a while. */
export interface Closure {
  readonly bucket: string;
  readonly family: 'cos' | 'ci';
  readonly from: number;
  readonly to: number;
}

/** What the services are asked to do, for the checks; told before it takes effect. */
export interface ServiceObserver {
  onPut(
    process: Process,
    at: { readonly bucket: string; readonly region: string; readonly key: string },
    bytes: Buffer,
    before: StoredObject | undefined,
  ): void;
  onHead(process: Process, at: { readonly bucket: string; readonly key: string }): void;
  /** Something was asked of a host that is none of ours. */
  onStrayRequest(process: Process, request: WireRequest): void;
}

interface Address {
  readonly bucket: string;
  readonly family: 'cos' | 'ci';
  readonly region: string;
}

const HOST = /^([a-z0-9-]+)\.(cos|ci)\.([a-z0-9-]+)\.myqcloud\.com$/;

/** COS and CI behind their host names. */
export class CloudServices {
  readonly ci: SimulatedCi;
  readonly cos: SimulatedCos;
  readonly #identity: SimulatedIdentity;
  readonly #buckets: ReadonlyMap<string, string>;
  readonly #closures: readonly Closure[];
  readonly #observer: ServiceObserver;
  readonly #lists: { readonly plan: ListPlan; readonly dice: Dice };
  #requests = 0;
  #dated = { second: 0, text: '' };

  /** @param buckets the region of each bucket that exists */
  constructor(
    parts: { readonly ci: SimulatedCi; readonly cos: SimulatedCos; readonly identity: SimulatedIdentity },
    buckets: ReadonlyMap<string, string>,
    closures: readonly Closure[],
    observer: ServiceObserver,
    lists: { readonly plan: ListPlan; readonly dice: Dice },
  ) {
    this.ci = parts.ci;
    this.cos = parts.cos;
    this.#identity = parts.identity;
    this.#buckets = buckets;
    this.#closures = closures;
    this.#observer = observer;
    this.#lists = lists;
  }

  headersOf(request: WireRequest, now: number): Record<string, string> {
    this.#requests += 1;
    const family = request.target.host.includes('.ci.') ? 'ci' : 'cos';
    return { [`x-${family}-request-id`]: `req-${this.#requests}`, date: this.#dateOf(now) };
  }

  /** A \`Date\` has whole seconds, and many answers fall into one. */
  #dateOf(now: number): string {
    const second = Math.floor(now / 1_000);
    if (this.#dated.second !== second) this.#dated = { second, text: new Date(1_000 * second).toUTCString() };
    return this.#dated.text;
  }

  /** Why the request is not even looked at: who asks, or the bucket. */
  refuse(request: WireRequest, now: number): Served | undefined {
    const headers = this.headersOf(request, now);
    const isHead = request.method === 'HEAD';
    const identity = this.#identity.refuse(request, now, headers);
    if (identity !== undefined) return refused(identity, false);
    const address = addressOf(request);
    if (address === undefined || this.#buckets.get(address.bucket) !== address.region) {
      return refused(refusal(404, 'NoSuchBucket', headers, isHead), false);
    }
    const isClosed = this.#closures.some(
      ({ bucket, family, from, to }) =>
        bucket === address.bucket && family === address.family && now >= from && now < to,
    );
    return isClosed ? refused(refusal(403, 'AccessDenied', headers, isHead), true) : undefined;
  }

  /** Does what is asked. `isAboutAnother` makes CI answer about another job of the same bucket. */
  serve(process: Process, request: WireRequest, now: number, lagMs: number, isAboutAnother: boolean): Served {
    const address = addressOf(request);
    if (address === undefined) {
      this.#observer.onStrayRequest(process, request);
      return refused(refusal(400, 'InvalidHost', {}), false);
    }
    const [path = '', query = ''] = request.path.split('?');
    if (address.family === 'ci' && path === '/doc_jobs')
      return this.#list(request, address, query, now, lagMs);
    if (address.family === 'ci')
      return this.#describe(request, address, path, now - lagMs, isAboutAnother, now);
    const key = decodeURIComponent(path);
    const place = { bucket: address.bucket, region: address.region, key: key.slice(1) };
    if (request.method === 'PUT')
      this.#observer.onPut(
        process,
        place,
        Buffer.from(request.body ?? []),
        this.cos.object(place.bucket, place.key),
      );
    if (request.method === 'HEAD') this.#observer.onHead(process, place);
    const id = this.headersOf(request, now)['x-cos-request-id'] ?? '';
    return {
      response: this.cos.answer(address.bucket, request, key, new URLSearchParams(query), now, id),
      view: undefined,
      isClosed: false,
      isRefused: false,
    };
  }

  #list(request: WireRequest, address: Address, query: string, now: number, lagMs: number): Served {
    const headers = this.headersOf(request, now);
    const { plan, dice } = this.#lists;
    const id = headers['x-ci-request-id'] ?? '';
    const response = this.ci.list(address, new URLSearchParams(query), now - lagMs, plan, dice, id);
    if (response === undefined) return refused(refusal(400, 'InvalidArgument', headers), false);
    return { response, view: undefined, isClosed: false, isRefused: false };
  }

  #describe(
    request: WireRequest,
    address: Address,
    path: string,
    seenAt: number,
    isAboutAnother: boolean,
    now: number,
  ): Served {
    const id = this.headersOf(request, now)['x-ci-request-id'] ?? '';
    const asked = path.replace('/doc_jobs/', '');
    const jobId = isAboutAnother ? (this.ci.anotherThan(asked, address.bucket) ?? asked) : asked;
    const { response, view } = this.ci.describe(address, jobId, seenAt, id);
    const isAboutItself = jobId === asked;
    return {
      response,
      view: isAboutItself ? view : undefined,
      isClosed: false,
      isRefused: false,
      isAboutItself,
    };
  }
}

function refused(response: WireResponse, isClosed: boolean): Served {
  return { response, view: undefined, isClosed, isRefused: true };
}

function addressOf({ target }: WireRequest): Address | undefined {
  const [, bucket, family, region] = HOST.exec(target.host) ?? [];
  if (bucket === undefined || region === undefined || (family !== 'cos' && family !== 'ci')) return undefined;
  return { bucket, family, region };
}
