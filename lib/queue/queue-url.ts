/** An SQS queue, as its URL names it. */
export interface QueueAddress {
  readonly kind: 'sqs';
  readonly url: string;
  /** Scheme, host and port to connect to. */
  readonly origin: string;
  /** The region that an AWS host name tells; undefined for any other host. */
  readonly region: string | undefined;
}

/** What became of a queue URL: an address, or what is wrong with it and what to do. */
export type ParsedQueueUrl = QueueAddress | { readonly kind: 'refused'; readonly problem: string };

/** `QUEUE_KIND`: the adapter, where the URL does not tell. */
export type QueueKind = 'sqs';

/** Amazon SQS's host names (AWS General Reference, "Amazon SQS endpoints and quotas"), the regional one and the one of before 2014. */
const SQS_HOST = /^sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;
const LEGACY_SQS_HOST = /^([a-z0-9-]+)\.queue\.amazonaws\.com(\.cn)?$/;

/** Account and queue name (SQS API Reference, CreateQueue: at most 80 letters, digits, hyphens and underscores). */
const AWS_PATH = /^\/\d{12}\/[A-Za-z0-9_-]{1,80}$/;

/**
 * Reads `QUEUE_URL` or `DEAD_LETTER_QUEUE_URL`: `https://sqs.<region>.amazonaws.com[.cn]/<account>/<name>`, its older form
 * `https://<region>.queue.amazonaws.com/…` (turned into the newer), or with `kind` any http or https URL of a service that speaks as SQS does.
 */
export function parseQueueUrl(text: string, kind?: QueueKind): ParsedQueueUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return refused('the queue URL is not a URL');
  if (url.username !== '' || url.password !== '')
    return refused('the queue URL holds a user or password: remove it');
  if (url.protocol === 'cmq:' || url.protocol === 'cos:') {
    return refused(`${url.protocol}// queues are not supported in this version: use an SQS queue`);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return refused(`the queue URL begins with ${url.protocol}, but must begin with https:`);
  }
  if (url.search !== '' || url.hash !== '')
    return refused('the queue URL has a query or a fragment: remove it');
  if (url.pathname.endsWith('.fifo')) {
    return refused(
      `${url.href} is a FIFO queue, which cannot delay single messages and stalls behind a slow job: use a standard queue`,
    );
  }
  return sqsAddress(url, kind);
}

function sqsAddress(url: URL, kind: QueueKind | undefined): ParsedQueueUrl {
  const match = SQS_HOST.exec(url.host) ?? LEGACY_SQS_HOST.exec(url.host);
  if (match === null) {
    if (kind === 'sqs') return { kind: 'sqs', url: url.href, origin: url.origin, region: undefined };
    return refused(
      `${url.origin} is no host of a known queue service: set QUEUE_KIND=sqs if it speaks as SQS does`,
    );
  }
  const [, region = '', china = ''] = match;
  if (url.protocol !== 'https:') return refused(`${url.href} must begin with https:`);
  if (!AWS_PATH.test(url.pathname))
    return refused(`${url.href} must have the path /<account of 12 digits>/<queue name>`);
  const origin = `https://sqs.${region}.amazonaws.com${china}`;
  return { kind: 'sqs', url: `${origin}${url.pathname}`, origin, region };
}

function refused(problem: string): ParsedQueueUrl {
  return { kind: 'refused', problem };
}
