import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { FakeMonitor } from './fake-monitor.js';
import { FakeScf } from './fake-scf.js';
import { FakeTdmq } from './fake-tdmq.js';
import { ApiRefusal } from './refusal.js';
import { refusalOf } from './tc3.js';

/** A call that the fake answered. */
export interface SeenCall {
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The error's code; undefined for a success. */
  readonly refused: string | undefined;
}

export const KEY_PAIR = { secretId: 'AKIDfakefakefakefake', secretKey: 'fakekeyfakekeyfakekey' };

/** The regions where the fake has its services. */
const REGIONS = ['ap-beijing', 'ap-guangzhou'];

/**
 * Tencent Cloud's API 3.0 on loopback, for SCF, TDMQ and Cloud Monitor. As strict as its documents: the signature, the version, the region, each action's parameters
 * and limits, and the states of a function. What is not documented is refused too, so that nothing comes to rest on it.
 */
export class FakeTencentApi {
  readonly scf = new FakeScf();
  readonly tdmq = new FakeTdmq();
  readonly monitor = new FakeMonitor();
  readonly calls: SeenCall[] = [];
  readonly #failures = new Map<string, ApiRefusal>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then((body) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ Response: body }));
      });
    });
  }

  static async start(): Promise<FakeTencentApi> {
    const api = new FakeTencentApi();
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get origin(): string {
    // A server that listens on a port has such an address.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next call of `action` fails so, before it does anything. */
  failNext(action: string, code: string, message = 'made to fail'): void {
    this.#failures.set(action, new ApiRefusal(code, message));
  }

  /** The actions so far that were no mere questions. */
  changes(): readonly string[] {
    return this.calls.map(({ action }) => action).filter((action) => !/^(?:Get|List|Describe)/.test(action));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<object> {
    const requestId = `fake-${this.calls.length + 1}`;
    const body = await buffer(request);
    const action = headerOf(request, 'x-tc-action');
    let parameters: Readonly<Record<string, unknown>> = {};
    let refused: string | undefined;
    try {
      const product = checkEnvelope(request, body);
      // Checked to be an object by each action's schema.
      parameters = JSON.parse(body.toString()) as Record<string, unknown>;
      const failure = this.#failures.get(action);
      this.#failures.delete(action);
      if (failure !== undefined) throw failure;
      return { ...this[product].call(action, parameters), RequestId: requestId };
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      refused = error.code;
      return { Error: { Code: error.code, Message: error.message }, RequestId: requestId };
    } finally {
      this.calls.push({ action, parameters, refused });
    }
  }
}

const VERSIONS = { scf: '2018-04-16', tdmq: '2020-02-17', monitor: '2018-07-24' } as const;

type Product = keyof typeof VERSIONS;

/** Refuses what API 3.0 refuses before it looks at the parameters; returns the product. */
function checkEnvelope(request: IncomingMessage, body: Buffer): Product {
  const host = headerOf(request, 'host');
  const product = productAt(host);
  if (product === undefined) throw new ApiRefusal('InvalidParameter', `${host} is no host of a service here`);
  if (request.method !== 'POST' || request.url !== '/')
    throw new ApiRefusal('UnsupportedProtocol', 'Only POST to / is taken.');
  const names = ['authorization', 'content-type', 'host', 'x-tc-timestamp'];
  const headers = Object.fromEntries(names.map((name) => [name, headerOf(request, name)]));
  const refusal = refusalOf(
    { headers, body },
    { service: product, ...KEY_PAIR, nowSeconds: Date.now() / 1_000 },
  );
  if (refusal !== undefined) throw new ApiRefusal(refusal.code, refusal.message);
  const version = VERSIONS[product];
  if (headerOf(request, 'x-tc-version') !== version)
    throw new ApiRefusal('NoSuchVersion', `The version of ${product} is ${version}.`);
  if (!REGIONS.includes(headerOf(request, 'x-tc-region')))
    throw new ApiRefusal('UnsupportedRegion', 'The region is missing or has no such service.');
  return product;
}

function productAt(host: string): Product | undefined {
  switch (host) {
    case 'scf.tencentcloudapi.com':
      return 'scf';
    case 'tdmq.tencentcloudapi.com':
      return 'tdmq';
    case 'monitor.tencentcloudapi.com':
      return 'monitor';
    default:
      return undefined;
  }
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}
