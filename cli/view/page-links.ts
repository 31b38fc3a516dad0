import { encodePath, presignUrl, type SigningCredentials } from '../../lib/cos-signer/index.js';
import { parseBucketName, parseRegion } from '../../lib/domain/names.js';
import { after, seconds, type EpochMs, type Millis } from '../../lib/domain/units.js';
import type { Manifest } from '../../lib/manifest/schema.js';
import type { PageLinks } from './view-page.js';

/** Who signs, from when, and for how long. */
export interface LinkPolicy {
  readonly credentials: SigningCredentials;
  readonly now: EpochMs;
  readonly validFor: Millis;
  /** Where COS is instead (`COS_ENDPOINT`): links lead there if it is on this machine, and to the service's own name otherwise. */
  readonly endpoint?: URL | undefined;
}

/** A signature begins a minute early, for a service whose clock is a little behind ours. */
const VALID_BEFORE: Millis = seconds(60);

/**
 * Presigned URLs of a manifest's pictures: each is good for a GET of one object until it runs out. A page has none where the manifest names no output that
 * can be a bucket, or a key that no URL can carry.
 */
export function presignedLinks({ job: { output } }: Manifest, policy: LinkPolicy): PageLinks {
  const bucket = output === null ? undefined : parseBucketName(output.bucket);
  const region = output === null ? undefined : parseRegion(output.region);
  if (bucket === undefined || region === undefined) return () => undefined;
  const { credentials, now, validFor, endpoint } = policy;
  const origin = originOf(`${bucket}.cos.${region}.myqcloud.com`, endpoint);
  const validity = {
    start: Math.floor((now - VALID_BEFORE) / 1_000),
    end: Math.floor(after(now, validFor) / 1_000),
  };
  return ({ key }) => {
    const path = `/${key}`;
    if (!isReachable(origin, path)) return undefined;
    return presignUrl({ method: 'GET', origin, path }, credentials, validity);
  };
}

/**
 * A browser chooses where it connects by the name alone. Names below `localhost` are this machine (RFC 6761 §6.3), and the embedded cloud takes them for
 * the names before.
 */
function originOf(host: string, endpoint: URL | undefined): string {
  if (endpoint === undefined || !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(endpoint.hostname)) {
    return `https://${host}`;
  }
  const port = endpoint.port === '' ? '' : `:${endpoint.port}`;
  return `${endpoint.protocol}//${host}.localhost${port}`;
}

/** A browser takes out the segments `.` and `..` (URL Standard, "path state"), so it would ask for another object; half a surrogate pair is in no URL. */
function isReachable(origin: string, path: string): boolean {
  if (/\p{Surrogate}/u.test(path) || path === '/') return false;
  const encoded = encodePath(path);
  return new URL(origin + encoded).pathname === encoded;
}
