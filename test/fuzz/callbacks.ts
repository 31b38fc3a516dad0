import { answerOf } from '../../lib/callback/answer.js';
import { MAX_BODY_BYTES, MAX_JOBS, readNotice, type Notice } from '../../lib/callback/notice.js';
import { isAuthentic, parseSecrets } from '../../lib/callback/secret.js';
import { EventError } from '../../lib/platform/event-error.js';
import {
  bodyBytes,
  lambdaUrlRequest,
  scfUrlRequest,
  type UrlRequest,
} from '../../lib/platform/function-url.js';
import { JOB_ID } from '../doc-jobs/answers.js';
import type { Target } from './campaign.js';
import { check, checkDeliberate, checkPrototypes } from './check.js';
import { aDocument, anotherDocument } from './documents.js';
import { mutatedJson } from './hostile-json.js';
import { hostileName } from './hostile-names.js';
import { mutated } from './mutators.js';
import type { Random } from './random.js';
import { readIndependently, type OracleElement } from './read-xml.js';

const SECRET = 'the-secret_of-the_callback-0123456789';
const SECRETS = parseSecrets(SECRET) ?? [];

/** Calls of the callback function's URL on both platforms: who may speak, and what is heard. */
export const callbacksTarget = (authentic: typeof isAuthentic = isAuthentic): Target => ({
  name: 'callbacks',
  run: (random) => {
    const body = aBody(random);
    const text = JSON.stringify(mutatedJson(anEvent(body, random), random));
    const read = random.oneIn(2) ? lambdaUrlRequest : scfUrlRequest;
    const outcome = outcomeOf(() => read(JSON.parse(text)), authentic);
    checkPrototypes();
    return { outcome, inputBytes: Buffer.byteLength(text) };
  },
});

/** Of both platforms at once: each takes its own fields. */
function anEvent(body: string, random: Random): unknown {
  const path = `/${random.oneIn(4) ? hostileName(SECRET, random) : SECRET}`;
  const isBase64Encoded = random.oneIn(3);
  return {
    version: '2.0',
    rawPath: path,
    path,
    httpMethod: 'POST',
    requestContext: { http: { method: 'POST' } },
    body: isBase64Encoded && !random.oneIn(8) ? Buffer.from(body, 'latin1').toString('base64') : body,
    isBase64Encoded,
  };
}

function aBody(random: Random): string {
  return random.oneIn(3) ? aJsonBody(random) : anXmlBody(random);
}

/** An answer about a job, made a callback: the two have `JobsDetail` in common. */
function anXmlBody(random: Random): string {
  const name = random.oneIn(6) ? 'AnotherEvent' : 'TaskFinish';
  const document = aDocument(random).replace('<Response>', `<Response><EventName>${name}</EventName>`);
  return mutated(document, random, anotherDocument(random)).body;
}

function aJsonBody(random: Random): string {
  const details = Array.from({ length: random.oneIn(30) ? random.below(200) : random.below(3) }, () => ({
    JobId: random.oneIn(3) ? hostileName(JOB_ID, random) : JOB_ID,
    Tag: random.oneIn(6) ? 'Transcode' : 'DocProcess',
    Input: { BucketId: hostileName('docs-1250000000', random), Region: hostileName('ap-beijing', random) },
  }));
  const fields = { EventName: 'TaskFinish', JobsDetail: random.oneIn(4) ? details[0] : details };
  const text = JSON.stringify(mutatedJson(random.oneIn(3) ? { Response: fields } : fields, random));
  return random.oneIn(10) ? text.slice(0, random.below(text.length + 1)) : text;
}

function outcomeOf(read: () => UrlRequest, authentic: typeof isAuthentic): string {
  let request: UrlRequest;
  try {
    request = read();
  } catch (error) {
    checkDeliberate(error);
    check(error instanceof EventError, 'an event is refused by an EventError');
    check(!error.message.includes(SECRET), 'the message does not repeat the path');
    return 'refused';
  }
  const isKnown = authentic(request.path, SECRETS);
  // By other means: the last segment, whole and as it is.
  const segments = (request.path.split('?')[0] ?? '').split('/').filter((segment) => segment.length > 0);
  check(isKnown === (segments.at(-1) === SECRET), 'only who knows the secret is heard');
  if (!isKnown) return 'not found';
  const bytes = bodyBytes(request, MAX_BODY_BYTES);
  if (bytes === undefined) {
    check(request.body.length > MAX_BODY_BYTES / 4, 'a small body is read');
    return 'too large';
  }
  check(bytes.length <= MAX_BODY_BYTES, 'no large body is read');
  const notice = readNotice(bytes);
  checkNotice(notice, bytes);
  return notice.kind;
}

function checkNotice(notice: Notice, body: Uint8Array): void {
  switch (notice.kind) {
    case 'other-event':
      return;
    case 'unreadable':
      check(notice.problem.length <= 200, 'the problem of a body is short');
      check(answerOf({ kind: 'unreadable' }).statusCode === 400, 'what cannot be read is not sent again');
      return;
    case 'jobs': {
      check(notice.jobs.length + notice.unusable + notice.foreign <= MAX_JOBS, 'few jobs are looked at');
      const keys = notice.jobs.map((job) => JSON.stringify(job));
      check(new Set(keys).size === keys.length, 'no job is looked at twice');
      const said = new Set(textsIn(body));
      for (const { jobId, claimed } of notice.jobs) {
        check(/^[A-Za-z0-9_-]{1,128}$/.test(jobId), 'a job ID is one');
        check(said.has(jobId), 'the job ID stands in the body');
        if (claimed === undefined) continue;
        check(/^[a-z0-9][a-z0-9-]*-\d{5,15}$/.test(claimed.bucket), 'a bucket is a host label with an APPID');
        check(/^[a-z0-9-]+$/.test(claimed.region), 'a region is a host label');
      }
    }
  }
}

/** All texts of a body, XML or JSON, read by other means. */
function textsIn(body: Uint8Array): readonly string[] {
  const root = readIndependently(body);
  if (root !== null) return textsOfElement(root);
  try {
    return textsOfJson(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return [];
  }
}

function textsOfElement({ text, children }: OracleElement): readonly string[] {
  return [text, ...children.flatMap(textsOfElement)];
}

function textsOfJson(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOfJson) : [];
}
