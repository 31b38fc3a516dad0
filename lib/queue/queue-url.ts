import { parseBucketName, parseRegion, type BucketName, type Region } from '../domain/names.js';

/** An SQS queue, as its URL names it. */
export interface SqsAddress {
  readonly kind: 'sqs';
  readonly url: string;
  /** Scheme, host and port to connect to. */
  readonly origin: string;
  /** The region that an AWS host name tells; undefined for any other host. */
  readonly region: string | undefined;
}

/** A bucket queue: the objects below a prefix. */
export interface BucketQueueAddress {
  readonly kind: 'cos';
  readonly url: string;
  readonly bucket: BucketName;
  readonly region: Region;
  /** Ends with a slash, and is never empty. */
  readonly prefix: string;
}

/** A queue of TDMQ for CMQ. */
export interface CmqAddress {
  readonly kind: 'cmq';
  readonly url: string;
  /** Scheme and host of the data plane; HTTPS in public, plain HTTP inside a VPC, which has no other (TDMQ-CMQ, "API request method"). */
  readonly origin: string;
  readonly queueName: string;
}

/** Where a queue is; its kind is the adapter. */
export type QueueAddress = SqsAddress | BucketQueueAddress | CmqAddress;

/** What became of a queue URL: an address, or what is wrong with it and what to do. */
export type ParsedQueueUrl = QueueAddress | { readonly kind: 'refused'; readonly problem: string };

/** `QUEUE_KIND`: the adapter, where the URL does not tell. */
export type QueueKind = 'sqs';

/** Amazon SQS's host names (AWS General Reference, "Amazon SQS endpoints and quotas"), and what turns one of before 2014 into one of these. */
const SQS_HOST = /^sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;
const LEGACY_SQS_PREFIX = /([a-z0-9-]+)\.queue\./;

/** Account and queue name (SQS API Reference, CreateQueue: at most 80 letters, digits, hyphens and underscores). */
const AWS_PATH = /^\/\d{12}\/[A-Za-z0-9_-]{1,80}$/;

/**
 * The prefix of a bucket queue: folders of plain characters, so that a key below it needs no encoding and no console shows it oddly; short enough for
 * the longest name of a job below it (a key has 850 bytes at most).
 */
const PREFIX = /^\/(?=.{1,256}$)((?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,62}\/){1,8})$/;

/** TDMQ-CMQ's data plane: public, and inside a VPC (TDMQ-CMQ, "Access addresses"); regions by their short names. */
const PUBLIC_CMQ_HOST = /^cmq-[a-z]{2,10}\.public\.tencenttdmq\.com$/;
const INTERNAL_CMQ_HOST = /^[a-z]{2,10}\.mqadapter\.cmq\.tencentyun\.com$/;

/** A queue's name (TDMQ-CMQ, CreateCmqQueue: at most 64 letters, digits, hyphens and underscores, a letter first). */
const CMQ_PATH = /^\/([A-Za-z][A-Za-z0-9_-]{0,63})$/;

/**
 * Reads `QUEUE_URL` or `DEAD_LETTER_QUEUE_URL`: `https://sqs.<region>.amazonaws.com[.cn]/<account>/<name>`, its older form
 * `https://<region>.queue.amazonaws.com/…` (turned into the newer), or with `kind` any http or https URL of a service that speaks as SQS does;
 * `cos://<bucket>.<region>/<prefix>/` for a bucket queue; `cmq://<host of the data plane>/<queue>` for TDMQ-CMQ.
 */
export function parseQueueUrl(text: string, kind?: QueueKind): ParsedQueueUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return refused('the queue URL is not a URL');
  if (url.username !== '' || url.password !== '')
    return refused('the queue URL holds a user or password: remove it');
  if (url.search !== '' || url.hash !== '')
    return refused('the queue URL has a query or a fragment: remove it');
  if (url.protocol === 'cos:') return bucketAddress(url);
  if (url.protocol === 'cmq:') return cmqAddress(url);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return refused(`the queue URL begins with ${url.protocol}, but must begin with https:, cos: or cmq:`);
  }
  if (url.pathname.endsWith('.fifo')) {
    return refused(
      `${url.href} is a FIFO queue, which cannot delay single messages and stalls behind a slow job: use a standard queue`,
    );
  }
  return sqsAddress(url, kind);
}

function sqsAddress(url: URL, kind: QueueKind | undefined): ParsedQueueUrl {
  const host = url.host.replace(LEGACY_SQS_PREFIX, 'sqs.$1.');
  const region = SQS_HOST.exec(host)?.[1];
  if (region === undefined) {
    if (kind === 'sqs') return { kind: 'sqs', url: url.href, origin: url.origin, region: undefined };
    return refused(
      `${url.origin} is no host of a known queue service: set QUEUE_KIND=sqs if it speaks as SQS does`,
    );
  }
  if (url.protocol !== 'https:') return refused(`${url.href} must begin with https:`);
  if (!AWS_PATH.test(url.pathname))
    return refused(`${url.href} must have the path /<account of 12 digits>/<queue name>`);
  const origin = `https://${host}`;
  return { kind: 'sqs', url: `${origin}${url.pathname}`, origin, region };
}

function bucketAddress(url: URL): ParsedQueueUrl {
  const host = /^([^.]+)\.([^.]+)$/.exec(url.host);
  // What is not there would be "undefined", which is neither.
  const bucket = parseBucketName(String(host?.[1]));
  const region = parseRegion(String(host?.[2]));
  const prefix = PREFIX.exec(url.pathname)?.[1];
  if (bucket === undefined || region === undefined || prefix === undefined) {
    return refused(
      `${url.href} must have the form cos://<bucket>-<APPID>.<region>/<prefix>/, such as cos://docs-1250000000.ap-beijing/docjob/pending/`,
    );
  }
  return { kind: 'cos', url: url.href, bucket, region, prefix };
}

function cmqAddress(url: URL): ParsedQueueUrl {
  const queueName = CMQ_PATH.exec(url.pathname)?.[1];
  const scheme = PUBLIC_CMQ_HOST.test(url.host) ? 'https' : INTERNAL_CMQ_HOST.test(url.host) ? 'http' : null;
  if (queueName === undefined || scheme === null) {
    return refused(
      `${url.href} must have the form cmq://<host>/<queue> with a host of TDMQ-CMQ, such as cmq://cmq-bj.public.tencenttdmq.com/jobs`,
    );
  }
  return { kind: 'cmq', url: url.href, origin: `${scheme}://${url.host}`, queueName };
}

function refused(problem: string): ParsedQueueUrl {
  return { kind: 'refused', problem };
}
