import * as v from 'valibot';
import { UndecodableError } from '../cos/errors/undecodable-error.js';
import { parseXml, type XmlElement } from '../cos/xml.js';
import {
  parseBucketName,
  parseJobId,
  parseRegion,
  type BucketName,
  type JobId,
  type Region,
} from '../domain/names.js';

/**
 * The largest body that is read: what both platforms let through to a function as one request (6 MB: AWS Lambda quotas; SCF, product 583, page
 * 11637). A `TaskFinish` about 5,000 pages with keys of 850 bytes comes near it.
 */
export const MAX_BODY_BYTES = 6 * 1024 * 1024;

/** CI sends one job in a callback, in an array where it is JSON. As many as one page of DescribeDocProcessJobs holds is more than enough. */
export const MAX_JOBS = 100;

/** What a queue calls the end of a job (`NotifyConfig.Event`), now and formerly. */
const EVENTS: readonly string[] = ['TaskFinish', 'TransCodingFinish'];

/** How a body is written, told by its first character: what the sender calls it proves nothing. */
export type BodyForm = 'xml' | 'json' | 'neither';

/** A job that a callback names. */
export interface NamedJob {
  readonly jobId: JobId;
  /** Where the sender says that the document is: a claim, and absent where it does not name a bucket and a region. */
  readonly claimed?: { readonly bucket: BucketName; readonly region: Region };
}

/** What a callback says. All of it is hearsay, save that somebody who knows the secret said it. */
export type Notice =
  | {
      readonly kind: 'jobs';
      /** Each once. */
      readonly jobs: readonly NamedJob[];
      /** Entries whose job ID cannot be one. */
      readonly unusable: number;
      /** Entries about jobs of another kind than documents. */
      readonly foreign: number;
    }
  /** A callback about something else than the end of jobs. */
  | { readonly kind: 'other-event' }
  /** `problem` is one sentence, bounded and fit for a log. */
  | { readonly kind: 'unreadable'; readonly problem: string };

/** An entry of `JobsDetail` as far as it is read: everything in it may be missing. */
interface Entry {
  readonly jobId?: string | undefined;
  readonly tag?: string | undefined;
  readonly bucket?: string | undefined;
  readonly region?: string | undefined;
}

interface Body {
  readonly event: string | undefined;
  readonly entries: readonly Entry[];
}

/** A text; undefined for whatever else is there. */
const Text = v.fallback(v.optional(v.string()), undefined);

const Detail = v.object({
  JobId: Text,
  Tag: Text,
  Input: v.fallback(v.optional(v.object({ BucketId: Text, Region: Text })), undefined),
});

/** CI's media callbacks have no `Response` around them in JSON; for document jobs no document shows the form. */
const JsonFields = v.object({ EventName: Text, JobsDetail: v.optional(v.unknown()) });
const JsonBody = v.union([v.object({ Response: JsonFields }), JsonFields]);

/** The form of a body. */
export function formOf(body: Uint8Array): BodyForm {
  const start = body.subarray(0, 3).join() === '239,187,191' ? 3 : 0; // a byte order mark in UTF-8
  const isSpace = (byte: number | undefined): boolean => [0x20, 0x09, 0x0a, 0x0d].includes(byte ?? 0);
  let at = start;
  while (isSpace(body[at])) at += 1;
  if (body[at] === 0x3c) return 'xml';
  return body[at] === 0x7b ? 'json' : 'neither';
}

/**
 * Reads the body of a callback, at most {@link MAX_BODY_BYTES} long: the XML that CI documents (api 1545/65203), or JSON as CI sends it about
 * media jobs. Only the job IDs are taken from it, and where the sender says that the documents are. Does not throw.
 */
export function readNotice(body: Uint8Array): Notice {
  try {
    switch (formOf(body)) {
      case 'xml':
        return noticeOf(xmlBody(body));
      case 'json':
        return noticeOf(jsonBody(body));
      case 'neither':
        return unreadable('begins neither as XML nor as a JSON object');
    }
  } catch (error) {
    if (error instanceof UndecodableError)
      return unreadable(`is not the XML of a callback: ${error.message}`);
    // Of JSON and of text that is not UTF-8; the messages quote the body.
    return unreadable('is not JSON in UTF-8');
  }
}

function noticeOf({ event, entries }: Body): Notice {
  if (event === undefined) return unreadable('has no EventName');
  if (!EVENTS.includes(event)) return { kind: 'other-event' };
  if (entries.length > MAX_JOBS) return unreadable(`names ${entries.length} jobs, more than ${MAX_JOBS}`);
  const ours = entries.filter(({ tag }) => tag === undefined || tag === 'DocProcess');
  const named = ours.map(namedJob).filter((job) => job !== undefined);
  const unusable = ours.length - named.length;
  if (entries.length === 0 || (named.length === 0 && unusable > 0)) return unreadable('names no job ID');
  const distinct = new Map(
    named.map((job) => [`${job.jobId} ${job.claimed?.bucket} ${job.claimed?.region}`, job]),
  );
  return { kind: 'jobs', jobs: [...distinct.values()], unusable, foreign: entries.length - ours.length };
}

function namedJob({
  jobId: id = '',
  bucket: bucketId = '',
  region: regionName = '',
}: Entry): NamedJob | undefined {
  const jobId = parseJobId(id);
  if (jobId === undefined) return undefined;
  const bucket = parseBucketName(bucketId);
  const region = parseRegion(regionName);
  return bucket === undefined || region === undefined ? { jobId } : { jobId, claimed: { bucket, region } };
}

function xmlBody(body: Uint8Array): Body {
  const root = parseXml({ body, requestId: undefined }, 'Response', MAX_BODY_BYTES);
  return {
    event: root.text('EventName') ?? undefined,
    entries: root.children('JobsDetail').map((detail) => ({
      jobId: textIn(detail, 'JobId'),
      tag: textIn(detail, 'Tag'),
      bucket: textIn(detail, 'Input', 'BucketId'),
      region: textIn(detail, 'Input', 'Region'),
    })),
  };
}

/** The text at the end of a path of elements; undefined where it is not there, or repeated, or no text. */
function textIn(element: XmlElement, name: string, ...rest: readonly string[]): string | undefined {
  try {
    const [next, ...others] = rest;
    if (next === undefined) return element.text(name) ?? undefined;
    const child = element.child(name);
    return child === null ? undefined : textIn(child, next, ...others);
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    return undefined;
  }
}

/** @throws SyntaxError or TypeError for what is not JSON in UTF-8; its message quotes the body. */
function jsonBody(body: Uint8Array): Body {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  const read = v.safeParse(JsonBody, value);
  if (!read.success) return { event: undefined, entries: [] };
  const { EventName, JobsDetail } = 'Response' in read.output ? read.output.Response : read.output;
  const details: readonly unknown[] = [JobsDetail ?? []].flat(); // a list, or the one entry itself
  return {
    event: EventName,
    entries: details.map((detail) => {
      const entry = v.safeParse(Detail, detail);
      if (!entry.success) return {};
      const { JobId, Tag, Input } = entry.output;
      return { jobId: JobId, tag: Tag, bucket: Input?.BucketId, region: Input?.Region };
    }),
  };
}

/** How much of a problem goes on: element names are quoted in it, and can be long. */
const MAX_PROBLEM = 200;

function unreadable(problem: string): Notice {
  return { kind: 'unreadable', problem: problem.slice(0, MAX_PROBLEM) };
}
