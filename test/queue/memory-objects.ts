import type { CosRequest, CosRequester, CosResponse } from '../../lib/cos/requester.js';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { urlEncode } from '../../lib/cos-signer/canonical.js';
import type { EpochMs } from '../../lib/domain/units.js';

/** A bucket's listing and one readable object as a function, for tests of who lists what when: no sockets, no time. */
export class MemoryObjects implements CosRequester {
  readonly modified = new Map<string, EpochMs>();
  readonly #pageLength: number;
  readonly #now: () => EpochMs;
  checkpoint: string | undefined;
  /** How many pages were listed. */
  pages = 0;

  constructor(pageLength: number, now: () => EpochMs) {
    this.#pageLength = pageLength;
    this.#now = now;
  }

  send<T>(request: CosRequest, decode: (response: CosResponse) => T): Promise<T> {
    const body = request.path === '/' ? this.#listing(request.query ?? {}) : this.checkpoint;
    if (body === undefined) {
      const asked = `${request.method} ${request.path}`;
      const details = { asked, status: 404, serviceCode: 'NoSuchKey', disposition: 'job' } as const;
      return Promise.reject(new ServiceError(details));
    }
    const headers = { date: new Date(this.#now()).toUTCString() };
    return Promise.resolve(decode({ status: 200, headers, body: Buffer.from(body), requestId: 'NjA=' }));
  }

  #listing({ prefix = '', marker = '' }: Readonly<Record<string, string>>): string {
    this.pages += 1;
    const after = Buffer.from(marker);
    const keys = [...this.modified.keys()]
      .filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), after) > 0)
      .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    const page = keys.slice(0, this.#pageLength);
    const contents = page.map((key) => {
      const modified = new Date(this.modified.get(key) ?? 0).toISOString();
      return `<Contents><Key>${urlEncode(key)}</Key><LastModified>${modified}</LastModified><Size>0</Size></Contents>`;
    });
    const isLast = page.length === keys.length;
    const next = isLast ? '' : `<NextMarker>${urlEncode(page.at(-1) ?? '')}</NextMarker>`;
    return (
      `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${String(!isLast)}</IsTruncated>` +
      `${next}${contents.join('')}</ListBucketResult>`
    );
  }
}
