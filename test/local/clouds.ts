import { afterEach } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePath, signRequest, urlEncode, type SigningCredentials } from '../../lib/cos-signer/index.js';
import { startCloud, type Cloud, type CloudOptions } from '../../local/cloud.js';
import { aBucket, aRegion } from '../support/pending-jobs.js';

/** 2026-01-01T00:00:00Z. */
export const START = Date.UTC(2026, 0, 1);

export const DOCS = aBucket('docs-1250000000');
export const PAGES = aBucket('pages-1250000000');
export const BEIJING = aRegion('ap-beijing');
export const SHANGHAI = aRegion('ap-shanghai');

/** An answer as it came over the wire. */
export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly text: string;
}

/** A request, before it is signed. */
export interface Asked {
  readonly method?: string;
  readonly family?: 'cos' | 'ci';
  readonly host?: string;
  /** Decoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly key?: SigningCredentials;
  /** When it is signed, in Unix seconds. */
  readonly signedAt?: number;
}

/** A request as it goes onto the wire. */
export interface Wire {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** A cloud with a clock that stands still, the bucket `docs-…` in Beijing and `pages-…` in Shanghai, and a client that signs. */
export class TestCloud {
  nowMs = START;
  readonly cloud: Cloud;
  readonly root: string;

  private constructor(cloud: Cloud, root: string, clock: { owner: TestCloud | undefined }) {
    this.cloud = cloud;
    this.root = root;
    clock.owner = this;
  }

  static async start(options: Partial<CloudOptions> = {}): Promise<TestCloud> {
    const root = options.root ?? (await temporaryFolder());
    const clock: { owner: TestCloud | undefined } = { owner: undefined };
    const cloud = await startCloud({ now: () => clock.owner?.nowMs ?? START, ...options, root });
    running.push(cloud);
    await cloud.control.createBucket(DOCS, BEIJING);
    await cloud.control.createBucket(PAGES, SHANGHAI);
    return new TestCloud(cloud, root, clock);
  }

  /** The request in wire form, signed by lib/cos-signer: by another hand than the one that verifies it. */
  wire(asked: Asked): Wire {
    const { method = 'GET', family = 'cos', query = {}, path } = asked;
    const host = asked.host ?? `${DOCS}.${family}.${BEIJING}.myqcloud.com`;
    const body = asked.body === undefined ? undefined : Buffer.from(asked.body);
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const headers = { ...asked.headers, ...length, host };
    const start = asked.signedAt ?? Math.floor(this.nowMs / 1_000);
    const key = asked.key ?? this.cloud.credentials.longLived;
    const { authorization } = signRequest({ method, path, query, headers }, key, { start, end: start + 600 });
    const search = Object.entries(query).map(([name, value]) => `${urlEncode(name)}=${urlEncode(value)}`);
    const target = encodePath(path) + (search.length === 0 ? '' : `?${search.join('&')}`);
    return { method, target, headers: { ...headers, authorization }, body };
  }

  /** Signs and sends. */
  ask(asked: Asked): Promise<Received> {
    return this.send(this.wire(asked));
  }

  /** Sends what is on the wire already. Rejects when no whole answer comes. */
  send({ method, target, headers, body }: Wire): Promise<Received> {
    const { hostname, port } = new URL(this.cloud.origin);
    return new Promise((resolve, reject) => {
      const request = httpRequest({ hostname, port, method, path: target, headers, agent: false });
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(chunks);
          const flat = Object.entries(response.headers).map(
            ([name, value]) => [name, String(value)] as const,
          );
          const status = response.statusCode ?? 0;
          resolve({ status, headers: Object.fromEntries(flat), body: whole, text: whole.toString('utf8') });
        });
      });
      request.end(body);
    });
  }
}

const running: Cloud[] = [];
const folders: string[] = [];

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'docjob-cloud-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((cloud) => cloud.close()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

/** The text of the first element of that name. */
export function element(text: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
}

/** The texts of all elements of that name. */
export function elements(text: string, name: string): readonly string[] {
  return [...text.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, value]) => value ?? '');
}
