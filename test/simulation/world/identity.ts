import type { SigningCredentials } from '../../../lib/cos-signer/index.js';
import type { WireRequest, WireResponse } from '../../../lib/cos/transport.js';
import { refusal } from './cos.js';

/** COS and CI take a clock that is off by this much at most ("RequestTimeTooSkewed"). */
const MAX_SKEW_MS = 15 * 60_000;

/** How keys come and go. */
export interface IdentityPlan {
  /** A new key and token each time; 0 means one for ever. */
  readonly rotatesEveryMs: number;
  /** How long an old key still works. */
  readonly overlapMs: number;
  /** While somebody has broken the key: nothing works. */
  readonly broken: { readonly from: number; readonly to: number } | undefined;
}

/** No log may ever hold these. */
export const SECRET_MARK = 'sEcReTmArK';

/** The keys of the simulated account. */
export class SimulatedIdentity {
  readonly #plan: IdentityPlan;
  readonly #start: number;

  constructor(plan: IdentityPlan, start: number) {
    this.#plan = plan;
    this.#start = start;
  }

  /** The key that was handed out at a moment. */
  keyAt(moment: number): SigningCredentials {
    const { rotatesEveryMs } = this.#plan;
    if (rotatesEveryMs === 0) return { secretId: 'AKIDsimulated', secretKey: `${SECRET_MARK}key` };
    const serial = Math.max(0, Math.floor((moment - this.#start) / rotatesEveryMs));
    return {
      secretId: `AKIDsimulated${serial}`,
      secretKey: `${SECRET_MARK}key${serial}`,
      token: `${SECRET_MARK}token${serial}`,
    };
  }

  isBrokenAt(moment: number): boolean {
    const { broken } = this.#plan;
    return broken !== undefined && moment >= broken.from && moment < broken.to;
  }

  /** What the service says about who asks; undefined when it is content. Signatures themselves have tests of their own. */
  refuse(
    request: WireRequest,
    now: number,
    headers: Readonly<Record<string, string>>,
  ): WireResponse | undefined {
    const isHead = request.method === 'HEAD';
    const isCi = request.target.host.includes('.ci.');
    const authorization = request.headers['authorization'] ?? '';
    const id = /q-ak=([^&]*)/.exec(authorization)?.[1];
    const [, start = 0, end = 0] = (/q-sign-time=(\d+);(\d+)/.exec(authorization) ?? []).map(Number);
    if (id === undefined || this.isBrokenAt(now)) {
      return isCi
        ? refusal(401, 'InvalidAuthorization', headers, isHead)
        : refusal(403, 'InvalidAccessKeyId', headers, isHead);
    }
    const token = request.headers[isCi ? 'x-ci-security-token' : 'x-cos-security-token'];
    const accepted = [this.keyAt(now), this.keyAt(now - this.#plan.overlapMs)];
    if (!accepted.some((key) => key.secretId === id && key.token === token))
      return refusal(400, 'ExpiredToken', headers, isHead);
    if (now < start * 1_000 - MAX_SKEW_MS) return refusal(403, 'RequestTimeTooSkewed', headers, isHead);
    if (now > end * 1_000) {
      return isCi
        ? refusal(401, 'SignatureExpired', headers, isHead)
        : refusal(403, 'AccessDenied', headers, isHead, 'Request has expired');
    }
    return undefined;
  }
}
