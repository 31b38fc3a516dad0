import * as v from 'valibot';
import { readRefusal, requestIdOf } from '../aws/refusal.js';
import { backoffDelay, DEFAULT_BACKOFF } from '../cos/backoff.js';
import { CredentialsError } from '../cos/errors/credentials-error.js';
import { TransportError } from '../cos/errors/transport-error.js';
import { UndecodableError } from '../cos/errors/undecodable-error.js';
import type { Transport, WireResponse } from '../cos/transport.js';
import type { Clock, RandomSource } from '../domain/effects.js';
import { seconds, type Millis } from '../domain/units.js';
import type { Environment } from '../env-reader.js';
import { readSsmAccess, signedGetParameter, type SsmAccess } from './get-parameter.js';

/** One attempt; AWS answers in some ten milliseconds, and a run has other things to do. */
const REQUEST_TIMEOUT = seconds(2);

/** As for every call to AWS. All attempts together take less than ten seconds. */
const ATTEMPTS = 3;

/** A secret has at most 64 KiB (Secrets Manager, "Quotas"), each byte of which takes six at most as JSON; the rest of an answer is short. */
const MAX_ANSWER_BYTES = 512 * 1_024;

/** How much of AWS's own words a message repeats. */
const MAX_WORDS = 300;

/** What is worth saying beyond the error's name, which says what AWS found. */
const ADVICE: Readonly<Record<string, string>> = {
  ParameterNotFound: 'store it under this name, in the region of the function',
  AccessDeniedException:
    "grant the function's role ssm:GetParameter on it, and for a secret secretsmanager:GetSecretValue",
  InvalidKeyId: 'the key that encrypts it cannot be used',
};

/** AWS's names for too many requests (Systems Manager API Reference, "Common Errors", and those of other services). */
const THROTTLED = /^(?:Throttl|RequestThrottl|TooManyRequests|RequestLimitExceeded)/;

const NEVER = new AbortController().signal;

/** What a fetch works through. */
export interface ParameterStoreEffects {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** Why an attempt brought no value. */
interface Failure {
  /** AWS's name for it, or Node's. */
  readonly name: string;
  /** AWS's words, where they are fit to be repeated. */
  readonly words?: string | undefined;
  readonly requestId?: string | undefined;
  /** Whether another attempt may fare better. */
  readonly kind: 'final' | 'transient' | 'throttled';
}

/** What we read of an answer. */
const Answer = v.pipe(v.string(), v.parseJson(), v.object({ Parameter: v.object({ Value: v.string() }) }));

/** An error of Node's. */
const Coded = v.object({ code: v.string() });

/**
 * Fetches a parameter, decrypted, with the key, the region and the endpoint that `env` has for AWS; tried again with full jitter when that may help.
 *
 * @throws CredentialsError naming the parameter, what AWS answered and the request ID, and never the value.
 */
export async function fetchParameter(
  name: string,
  env: Environment,
  { transport, clock, random }: ParameterStoreEffects,
  timeout: Millis = REQUEST_TIMEOUT,
): Promise<string> {
  const access = readSsmAccess(env);
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await ask(name, access, { transport, clock }, timeout);
    if (typeof outcome === 'string') return outcome;
    if (outcome.kind === 'final' || attempt === ATTEMPTS) throw fetchError(name, outcome);
    await clock.sleep(backoffDelay(DEFAULT_BACKOFF, attempt, outcome.kind === 'throttled', random()));
  }
}

/** One attempt: the value, or why there is none. */
async function ask(
  name: string,
  access: SsmAccess,
  { transport, clock }: Pick<ParameterStoreEffects, 'transport' | 'clock'>,
  timeout: Millis,
): Promise<string | Failure> {
  const request = signedGetParameter(name, access, clock.now());
  try {
    return readAnswer(
      await transport.exchange(request, { timeout, maxBodyBytes: MAX_ANSWER_BYTES, signal: NEVER }),
    );
  } catch (error) {
    if (error instanceof TransportError) return { name: faultOf(error), kind: 'transient' };
    if (error instanceof UndecodableError) return { name: 'an answer that is too long', kind: 'final' };
    throw error;
  }
}

function readAnswer(response: WireResponse): string | Failure {
  const { status, body } = response;
  const requestId = requestIdOf(response);
  if (status === 200) {
    const answer = v.safeParse(Answer, body.toString('utf8'));
    if (answer.success) return answer.output.Parameter.Value;
    // It is not quoted: it may hold the value all the same.
    return { name: 'an answer without its value', requestId, kind: 'transient' };
  }
  const refusal = readRefusal(response);
  const name = refusal.name ?? `status ${status}`;
  const isThrottled = status === 429 || THROTTLED.test(name);
  return {
    name,
    // AWS says which grant is missing. Its other words are left out: those about a signature repeat the session token.
    words: name === 'AccessDeniedException' ? refusal.message : undefined,
    requestId,
    kind: isThrottled ? 'throttled' : status >= 500 ? 'transient' : 'final',
  };
}

/** Node's code for what became of a connection, such as ECONNREFUSED. */
function faultOf({ fault, cause }: TransportError): string {
  if (fault === 'timeout') return 'TimeoutError';
  return v.is(Coded, cause) ? cause.code : fault;
}

function fetchError(parameter: string, { name, words, requestId }: Failure): CredentialsError {
  const quoted = words === undefined ? '' : `: ${words.slice(0, MAX_WORDS)}`;
  const id = requestId === undefined ? '' : ` (request ID ${requestId})`;
  const advice = ADVICE[name] === undefined ? '' : `; ${ADVICE[name]}`;
  return new CredentialsError(
    `reading the Tencent key pair from ${parameter} failed with ${name}${quoted}${id}${advice}`,
    requestId,
  );
}
