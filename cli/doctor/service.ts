import type { CosClient } from '../../lib/cos/client.js';
import { parseHttpDate } from '../../lib/cos/backoff.js';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import type { CosRequester } from '../../lib/cos/requester.js';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { between, minutes, seconds, type EpochMs, type Millis } from '../../lib/domain/units.js';
import { probe } from '../../lib/poller/probe.js';
import type { Examination } from './examination.js';
import { findingsOf, type Finding } from './finding.js';

/** A signature begins a minute early (`lib/cos/wire.ts`): a clock that is further ahead makes ones that are not valid yet. */
const TOLERABLE_OFFSET: Millis = seconds(60);

/** Beyond, COS refuses every request: `RequestTimeTooSkewed` (error codes, 436/7730). */
const REFUSED_OFFSET: Millis = minutes(15);

/** What a first signed question told. */
export interface FirstContact {
  readonly findings: readonly Finding[];
  /** Whether anything else can be asked. */
  readonly isAccepted: boolean;
}

/** Asks CI the poll function's own first question: whether we are believed, and how far apart our clocks are. */
export async function checkFirstContact(examination: Examination): Promise<FirstContact> {
  const { client, effects, service } = examination;
  const { offset, requester } = watched(client, () => effects.clock.now());
  const { bucket, region } = service.source;
  const credentials = findingsOf('credentials');
  try {
    await probe(requester, service.source);
    const accepted = credentials.ok(`CI accepts the key pair (${bucket}, ${region})`);
    return { findings: [accepted, judgeClock(offset())], isAccepted: true };
  } catch (error) {
    return { findings: [refusal(error), judgeClock(offset())], isAccepted: false };
  }
}

function refusal(error: unknown): Finding {
  if (error instanceof DocjobError && error.disposition === 'credentials')
    return findingsOf('credentials').failed(error);
  return findingsOf('round-trip').failed(
    error,
    'see that this machine reaches the service, and that SOURCE_REGION and CI_ENDPOINT are right; then try again',
  );
}

/** What our clock's distance from the service's means. */
export function judgeClock(offset: Millis | undefined): Finding {
  const { ok, warning, problem, skipped } = findingsOf('clock');
  if (offset === undefined) return skipped('no answer told the time');
  const behind = Math.abs(Math.round(offset / 1_000));
  // `Date` has whole seconds.
  if (behind <= 1) return ok("this machine's clock agrees with the service's");
  const found = `this machine's clock is ${behind} s ${offset > 0 ? 'behind' : 'ahead of'} the service's`;
  const advice = 'let it be set by NTP';
  if (Math.abs(offset) > REFUSED_OFFSET) {
    return problem(
      `${found}: signatures fail at first, and each run has to correct itself before anything else`,
      advice,
    );
  }
  return Math.abs(offset) > TOLERABLE_OFFSET
    ? warning(`${found}: signatures may fail at first`, advice)
    : ok(found);
}

/** How long a signed question and its answer take, with nothing to be set up any more. */
export async function checkRoundTrip({ client, effects, service }: Examination): Promise<readonly Finding[]> {
  const { ok, failed } = findingsOf('round-trip');
  const from = effects.clock.now();
  try {
    await probe(client, service.source);
  } catch (error) {
    return [failed(error)];
  }
  return [ok(`a signed question to CI and its answer took ${between(from, effects.clock.now())} ms`)];
}

/** The same requester, and how far the service's clock is ahead of ours by the first answer, an error or not. */
function watched(
  client: CosClient,
  now: () => EpochMs,
): { readonly requester: CosRequester; readonly offset: () => Millis | undefined } {
  let offset: Millis | undefined;
  const note = (serverDate: EpochMs | undefined): void => {
    if (serverDate !== undefined) offset ??= between(now(), serverDate);
  };
  const requester: CosRequester = {
    send: async (request, decode) => {
      try {
        return await client.send(request, (response) => {
          note(parseHttpDate(response.headers['date']));
          return decode(response);
        });
      } catch (error) {
        if (error instanceof ServiceError) note(error.serverDate);
        throw error;
      }
    },
  };
  return { requester, offset: () => offset };
}
