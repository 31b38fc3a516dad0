import type { UrlAnswer } from '../platform/function-url.js';
import type { Settled } from './settle.js';

/** All that a request can be answered. Nothing of the request is in it. */
export type Reply =
  | { readonly kind: 'not-found' }
  | { readonly kind: 'not-a-post' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unreadable' }
  /** A callback that is not about the end of document jobs. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'jobs'; readonly settled: Settled };

/**
 * The HTTP answer. A sender that tries again on a failure, if CI does (no document says), must do so where, and only where, that would help: after
 * a 500.
 */
export function answerOf(reply: Reply): UrlAnswer {
  switch (reply.kind) {
    case 'not-found':
      return json(404, { error: 'not found' });
    case 'not-a-post':
      return json(405, { error: 'only POST is taken here' }, { allow: 'POST' });
    case 'too-large':
      return json(413, { error: 'the body is too large' });
    case 'unreadable':
      return json(400, { error: 'the body is not a TaskFinish callback of CI in XML or JSON' });
    case 'ignored':
      return json(200, { ignored: 'not about the end of document jobs' });
    case 'jobs': {
      const { settled } = reply;
      if (settled.lost === 0) return json(200, settled);
      return json(500, { error: 'jobs could neither be settled nor be queued: send this again', ...settled });
    }
  }
}

function json(
  statusCode: number,
  content: object,
  headers: Readonly<Record<string, string>> = {},
): UrlAnswer {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: `${JSON.stringify(content)}\n`,
  };
}
