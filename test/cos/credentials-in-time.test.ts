import { expect, test } from '@jest/globals';
import type { SigningCredentials } from '../../lib/cos-signer/index.js';
import { credentialsInTime } from '../../lib/cos/credentials-in-time.js';
import { after, seconds, type Millis } from '../../lib/domain/units.js';
import { deferred } from '../support/deferred.js';
import { START } from '../support/virtual-clock.js';

const PAIR: SigningCredentials = { secretId: 'AKID', secretKey: 'key' };

/** A clock whose one sleep ends by hand. */
function setUp() {
  const timer = deferred<undefined>();
  const sleeps: { readonly delay: Millis; readonly signal: AbortSignal | undefined }[] = [];
  const clock = {
    now: () => START,
    sleep: (delay: Millis, signal?: AbortSignal): Promise<void> => {
      sleeps.push({ delay, signal });
      return new Promise((resolve, reject) => {
        void timer.promise.then(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason as Error)); // as timers/promises does
      });
    },
  };
  return { timer, sleeps, bounds: { clock, deadline: after(START, seconds(3)) } };
}

test('a key pair that is there needs no timer', async () => {
  const { sleeps, bounds } = setUp();
  await expect(credentialsInTime(PAIR, bounds)).resolves.toBe(PAIR);
  expect(sleeps).toEqual([]);
});

test('one that comes before the deadline leaves no timer behind', async () => {
  const { sleeps, bounds } = setUp();
  await expect(credentialsInTime(Promise.resolve(PAIR), bounds)).resolves.toBe(PAIR);
  expect(sleeps).toMatchObject([{ delay: 3_000, signal: { aborted: true } }]);
});

test('one that comes later is not waited for', async () => {
  const { timer, bounds } = setUp();
  const given = credentialsInTime(new Promise(() => undefined), bounds);
  timer.resolve(undefined);
  await expect(given).rejects.toMatchObject({
    code: 'deadline',
    disposition: 'transient',
    message: 'what waited for a key pair was not sent: there is no time left for it',
  });
});

test('a signal that aborts ends the wait with its reason', async () => {
  const { bounds } = setUp();
  const abort = new AbortController();
  const given = credentialsInTime(new Promise(() => undefined), { ...bounds, signal: abort.signal });
  const reason = new Error('enough');
  abort.abort(reason);
  await expect(given).rejects.toBe(reason);
});

test('what the provider throws is thrown', async () => {
  const { bounds } = setUp();
  const error = new Error('there are none');
  await expect(credentialsInTime(Promise.reject(error), bounds)).rejects.toBe(error);
});
