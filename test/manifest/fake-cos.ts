import { ServiceError } from '../../lib/cos/errors/service-error.js';
import type { CosRequest, CosRequester, CosResponse } from '../../lib/cos/requester.js';

interface StoredObject {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A COS that keeps objects in memory, answers as it is told, and remembers what it was asked. */
export class FakeCos implements CosRequester {
  readonly requests: CosRequest[] = [];
  readonly #objects = new Map<string, StoredObject>();
  readonly #confirm: (body: Uint8Array) => Readonly<Record<string, string>>;
  /** The status of every answer to a HEAD; undefined for the truth. */
  headStatus: number | undefined;
  /** Whether it is COS that answers a HEAD: a proxy in between names no request ID. */
  isProxied = false;

  /** @param confirm the headers of the answer to a PUT of `body`. */
  constructor(confirm: (body: Uint8Array) => Readonly<Record<string, string>> = () => ({})) {
    this.#confirm = confirm;
  }

  /** The body of an object, as text. */
  text(path: string): string | undefined {
    const object = this.#objects.get(path);
    return object === undefined ? undefined : Buffer.from(object.body).toString('utf8');
  }

  /** Puts an object there that nobody asked for. */
  place(path: string, headers: Readonly<Record<string, string>>): void {
    this.#objects.set(path, { headers, body: Buffer.from('placed') });
  }

  async send<T>(request: CosRequest, decode: (response: CosResponse) => T): Promise<T> {
    this.requests.push(request);
    return Promise.resolve(decode(this.#answer(request)));
  }

  #answer({ method, path, headers = {}, body = Buffer.alloc(0) }: CosRequest): CosResponse {
    const ok = (answered: Readonly<Record<string, string>>): CosResponse => ({
      status: 200,
      headers: answered,
      body: Buffer.alloc(0),
      requestId: 'request-1',
    });
    if (method === 'PUT') {
      this.#objects.set(path, { headers, body });
      return ok(this.#confirm(body));
    }
    const object = this.#objects.get(path);
    const status = this.headStatus ?? (object === undefined ? 404 : 200);
    if (object === undefined || status !== 200) {
      const requestId = this.isProxied ? undefined : 'request-1';
      throw new ServiceError({
        asked: `${method} ${path}`,
        status,
        disposition: 'configuration',
        requestId,
      });
    }
    return ok(object.headers);
  }
}
