import { encodePath, signRequest, urlEncode } from '../../lib/cos-signer/index.js';
import { checkAnswer } from '../../lib/cos/answer.js';
import { targetAt, TOKEN_HEADER } from '../../lib/cos/hosts.js';
import type { CosResponse } from '../../lib/cos/requester.js';
import type { Examination } from './examination.js';

/** Before and after the moment at which it is signed, in seconds. */
const VALIDITY = { before: 60, after: 600 };

/**
 * One signed GET to CI's host of the source bucket's region, `ci.<Region>.myqcloud.com`, which answers for all buckets of the account. Not tried again.
 *
 * @throws ServiceError for an answer that is an error, TransportError when none came.
 */
export async function getRegional(
  { client, effects, service }: Examination,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<CosResponse> {
  const { region } = service.source;
  const target = targetAt(`https://ci.${region}.myqcloud.com`, service.client.endpoints.ci);
  const credentials = await effects.credentials();
  const { token } = credentials;
  const headers = {
    host: target.host,
    ...(token === undefined ? {} : { [TOKEN_HEADER.ci]: token }),
  };
  const now = Math.floor(client.now() / 1_000);
  const { authorization } = signRequest({ method: 'GET', path, query, headers }, credentials, {
    start: now - VALIDITY.before,
    end: now + VALIDITY.after,
  });
  const search = Object.entries(query).map(([name, value]) => `${urlEncode(name)}=${urlEncode(value)}`);
  const wire = {
    target,
    method: 'GET',
    path: `${encodePath(path)}?${search.join('&')}`,
    headers: { ...headers, authorization },
    asked: `GET ci.${region} ${path}`,
  };
  const answer = await effects.transport.exchange(wire, {
    timeout: service.client.attemptTimeout,
    maxBodyBytes: service.client.maxBodyBytes,
    signal: new AbortController().signal,
  });
  return checkAnswer(
    answer,
    { family: 'ci', ...service.source, method: 'GET', path },
    wire,
    effects.clock.now(),
  );
}
