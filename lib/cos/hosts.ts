import type { CosRequest, HostFamily } from './requester.js';

/** Where to connect instead of the service, keeping its name in the `Host` header: for the embedded cloud and tests. */
export type EndpointOverrides = Readonly<Partial<Record<HostFamily, URL>>>;

/** Where a request connects to, and the host it is meant for. */
export interface Target {
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: number;
  /** The virtual-host name, which is signed and sent as `Host`. */
  readonly host: string;
}

/**
 * The target of a request: virtual-host addressing, `<bucket>.cos.<region>.myqcloud.com` for objects and `<bucket>.ci.<region>.…` for jobs,
 * over HTTPS (CI answers plain HTTP with 308), unless overridden.
 */
export function targetOf(
  { family, bucket, region }: Pick<CosRequest, 'family' | 'bucket' | 'region'>,
  overrides: EndpointOverrides,
): Target {
  // Made for every request, so not by way of a URL, which would change nothing: names of buckets and regions are labels in lower case.
  const host = `${bucket}.${family}.${region}.myqcloud.com`;
  const override = overrides[family];
  return override === undefined
    ? { protocol: 'https:', hostname: host, port: 443, host }
    : { ...connectionTo(override), host };
}

/** The target for a service at `origin`, or at `override` instead, which keeps the service's own name in `Host`. */
export function targetAt(origin: string, override: URL | undefined): Target {
  const own = new URL(origin);
  return { ...connectionTo(override ?? own), host: own.host };
}

function connectionTo({ protocol, hostname, port }: URL): Omit<Target, 'host'> {
  const isPlain = protocol === 'http:';
  return {
    protocol: isPlain ? 'http:' : 'https:',
    // A URL has an IPv6 address in brackets, a connection without them.
    hostname: hostname.replaceAll(/[[\]]/g, ''),
    port: port === '' ? (isPlain ? 80 : 443) : Number(port),
  };
}

/** The header that carries a temporary key's token: CI documents its own name, COS takes only its own (CI API 1534, page 108713). */
export const TOKEN_HEADER: Readonly<Record<HostFamily, string>> = {
  cos: 'x-cos-security-token',
  ci: 'x-ci-security-token',
};
