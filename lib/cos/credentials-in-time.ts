import type { SigningCredentials } from '../cos-signer/index.js';
import type { Clock } from '../domain/effects.js';
import { between, type EpochMs } from '../domain/units.js';
import { DeadlineError } from './errors/deadline-error.js';

/** How long to wait for a key pair. */
export interface CredentialsBounds {
  readonly clock: Clock;
  readonly deadline: EpochMs;
  readonly signal?: AbortSignal;
}

/**
 * The key pair that a provider gave, or will have given before the deadline: whoever keeps keys may be slow, and a run must end within its time all the same.
 *
 * @throws DeadlineError when it comes too late, the signal's reason when that aborts, and what the provider throws.
 */
export function credentialsInTime(
  given: SigningCredentials | Promise<SigningCredentials>,
  bounds: CredentialsBounds,
): Promise<SigningCredentials> {
  return 'then' in given ? untilDeadline(given, bounds) : Promise.resolve(given);
}

async function untilDeadline<T>(
  work: Promise<T>,
  { clock, deadline, signal }: CredentialsBounds,
): Promise<T> {
  const ended = new AbortController();
  const signals = signal === undefined ? [ended.signal] : [ended.signal, signal];
  const tooLate = clock.sleep(between(clock.now(), deadline), AbortSignal.any(signals)).then(() => {
    throw new DeadlineError('what waited for a key pair');
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    ended.abort();
  }
}
