import { DocjobError } from '../../lib/domain/docjob-error.js';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { toldError } from '../errors.js';

/** What is looked at, in the order in which it is looked at. */
export type CheckName =
  'settings' | 'credentials' | 'clock' | 'bucket' | 'ci' | 'permission' | 'queue' | 'round-trip';

/** What a check came to. */
export type Finding =
  | { readonly check: CheckName; readonly outcome: 'ok'; readonly found: string }
  /** Works, but not as well as it should, or not for long. */
  | {
      readonly check: CheckName;
      readonly outcome: 'warning';
      readonly found: string;
      readonly advice: string;
    }
  /** Something will not work. */
  | {
      readonly check: CheckName;
      readonly outcome: 'problem';
      readonly found: string;
      readonly advice: string;
    }
  /** Was not looked at, or could not be. */
  | { readonly check: CheckName; readonly outcome: 'skipped'; readonly reason: string };

/** Ways to say what one check found. */
export interface Findings {
  readonly ok: (found: string) => Finding;
  readonly warning: (found: string, advice: string) => Finding;
  readonly problem: (found: string, advice: string) => Finding;
  readonly skipped: (reason: string) => Finding;
  /** A problem of which an error tells. @throws whatever is no DocjobError: a bug. */
  readonly failed: (error: unknown, advice?: string) => Finding;
}

/** How a check speaks. */
export function findingsOf(check: CheckName): Findings {
  const problem = (found: string, advice: string): Finding => ({ check, outcome: 'problem', found, advice });
  return {
    ok: (found) => ({ check, outcome: 'ok', found }),
    warning: (found, advice) => ({ check, outcome: 'warning', found, advice }),
    problem,
    skipped: (reason) => ({ check, outcome: 'skipped', reason }),
    failed: (error, advice) => {
      if (!(error instanceof DocjobError)) throw error;
      const { message, hint } = toldError(error);
      return problem(message, advice ?? hint ?? 'docs/operations.md may know more');
    },
  };
}

/**
 * Whether COS or CI knows us and has not granted what was asked: `AccessDenied` (COS error codes, 436/7730; CI has the same). The answer to a HEAD has no
 * code, so its 403 is taken for one: our key was accepted before.
 */
export function isNotGranted(error: unknown): error is ServiceError {
  return (
    error instanceof ServiceError &&
    error.disposition === 'configuration' &&
    (error.status === 401 || error.status === 403) &&
    (error.serviceCode === undefined || error.serviceCode === 'AccessDenied')
  );
}
