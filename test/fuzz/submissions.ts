import { readFileSync } from 'node:fs';
import type { CosRequest } from '../../lib/cos/requester.js';
import { createDocProcessJob } from '../../lib/doc-jobs/create.js';
import { EventError } from '../../lib/platform/event-error.js';
import type { ReadRecord } from '../../lib/submit/cos-event.js';
import { readDocument, type DocumentDefaults, type DocumentRules } from '../../lib/submit/document.js';
import { readingsOf } from '../../lib/submit/event-key.js';
import type { Document } from '../../lib/submit/make-job.js';
import { parseSubmitEvent } from '../../lib/submit/request.js';
import { aBucket, aRegion, SOURCE } from '../support/pending-jobs.js';
import type { Target } from './campaign.js';
import { check, checkDeliberate, checkPrototypes } from './check.js';
import { mutatedJson } from './hostile-json.js';
import { hostileName } from './hostile-names.js';
import type { Random } from './random.js';
import { readIndependently, type OracleElement } from './read-xml.js';

const COS_EVENT: unknown = JSON.parse(
  readFileSync(new URL('../platform/events/cos-object-created.json', import.meta.url), 'utf8'),
);

const PLACE = { bucket: 'pages-1250000000', region: 'ap-shanghai' };

const OPTIONS = {
  sourceType: 'docx',
  targetType: 'png',
  startPage: 1,
  endPage: -1,
  imageParams: 'imageMogr2/thumbnail/200x',
  quality: 90,
  docPassword: 'a password',
  jobLevel: 1,
  userData: 'order 1',
  callBack: 'https://example.com/done',
};

const EVENTS: [unknown, ...unknown[]] = [
  COS_EVENT,
  { objects: ['in/a.docx', 'b.xlsx'] },
  { documents: ['a.docx', { object: 'b.pptx', ...SOURCE, output: { ...PLACE, object: 'x/${Number}.png' } }] },
  { documents: [{ object: 'c.docx', ...OPTIONS }] },
  { documents: [{ object: 'd.xlsx', sheetId: 1, pageRanges: '1,2-4', output: PLACE }] },
  // What must be refused, unless a mutation makes it harmless.
  { documents: [{ object: 'e.docx', bucket: 'docs-1250000001', region: 'ap-beijing' }] },
  { documents: [{ object: 'f.docx', output: { ...PLACE, bucket: 'pages-1250000001' } }] },
  { documents: [{ object: 'g.docx', output: { ...SOURCE, object: 'in/${Number}.png' } }] },
  {},
];

const DEFAULTS: DocumentDefaults = {
  source: SOURCE,
  output: { bucket: aBucket(PLACE.bucket), region: aRegion(PLACE.region) },
  template: 'pages/${object}/${Number}.${targetType}',
  sheetTemplate: 'pages/${object}/${SheetID}/${Number}.${targetType}',
  targetType: 'jpg',
  queueId: 'p1',
};

const RULES: DocumentRules = {
  isAllowedBucket: (bucket) => bucket.endsWith('-1250000000'),
  trigger: { bucket: SOURCE.bucket, prefix: 'in/' },
  manifestKey: 'manifests/${jobId}.json',
};

/** Events of the submit function, COS's own and direct calls, up to the body that CI would be sent. */
export const submissionsTarget = (read: typeof readDocument = readDocument): Target => ({
  name: 'submissions',
  run: async (random) => {
    const text = JSON.stringify(mutatedJson(withHostileNames(random.pick(EVENTS), random), random));
    const outcome = await outcomeOf(JSON.parse(text), read);
    checkPrototypes();
    return { outcome, inputBytes: Buffer.byteLength(text) };
  },
});

/** Some texts of an event broken as names are. */
function withHostileNames(value: unknown, random: Random): unknown {
  if (typeof value === 'string') return random.oneIn(6) ? hostileName(value, random) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => withHostileNames(item, random));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withHostileNames(item, random)]),
  );
}

async function outcomeOf(event: unknown, read: typeof readDocument): Promise<string> {
  let request: ReturnType<typeof parseSubmitEvent>;
  try {
    request = parseSubmitEvent(event);
  } catch (error) {
    checkDeliberate(error);
    check(error instanceof EventError, 'an event is refused by an EventError');
    return 'refused';
  }
  switch (request.kind) {
    case 'event': {
      const kinds = request.records.map(checkRecord);
      return `event: ${[...new Set(kinds)].sort().join(', ')}`;
    }
    case 'documents': {
      const kinds = await Promise.all(request.documents.map((given) => checkDocument(given, read)));
      return `documents: ${[...new Set(kinds)].sort().join(', ')}`;
    }
  }
}

function checkRecord(record: ReadRecord): string {
  if (record.kind !== 'object') return record.kind;
  const { bucket, writtenKey, at, eventId } = record.object;
  check(/^[a-z0-9][a-z0-9-]*-\d{5,15}$/.test(bucket), 'the bucket is a host label with an APPID');
  check(Number.isSafeInteger(at) && at > 0, 'the event happened at some time');
  check(/^docjob:event:[0-9a-f]{32}$/.test(eventId), 'an event has an ID of ours');
  const readings = readingsOf(writtenKey);
  check(readings.length <= 3 && readings.includes(writtenKey), 'a key has few readings, its own among them');
  return 'object';
}

async function checkDocument(given: unknown, read: typeof readDocument): Promise<string> {
  const result = read(given, DEFAULTS, RULES, () => 'docjob:call:x');
  if (result.kind === 'refused') {
    checkDeliberate(result.error);
    return 'refused';
  }
  const { source, job } = result.document;
  for (const bucket of [source.bucket, job.output.bucket]) {
    check(RULES.isAllowedBucket(bucket), 'only allowed buckets are read and written');
  }
  checkLoop(result.document);
  return checkSent(result.document);
}

/** What a job writes must not call the function again. */
function checkLoop({ job: { output } }: Document): void {
  if (output.bucket !== SOURCE.bucket) return;
  const filled = output.object.replace(/^\//, '').replaceAll(/\$\{[^}]*\}/g, '1');
  check(!filled.startsWith('in/'), 'no picture comes under the prefix of the trigger');
}

/** The body that CI is sent, read by other means, says what the document does; or there is none, since XML cannot. */
async function checkSent({ source, job }: Document): Promise<string> {
  let sent: CosRequest | undefined;
  const enough = new Error('the request is all that is wanted');
  const requester = {
    send: (request: CosRequest) => {
      sent = request;
      return Promise.reject(enough);
    },
  };
  const error = await createDocProcessJob(requester, source, job).catch((reason: unknown) => reason);
  if (error !== enough) {
    checkDeliberate(error);
    check(error.code === 'forbidden-character' && error.disposition === 'job', 'all else can be sent');
    return 'not sent';
  }
  const root = readIndependently(sent?.body ?? new Uint8Array());
  check(root?.name === 'Request', 'the body is a Request');
  check(textAt(root, 'Input', 'Object') === job.object, 'the body names the document');
  for (const [element, value] of Object.entries({
    Bucket: job.output.bucket,
    Region: job.output.region,
    Object: job.output.object,
  })) {
    check(textAt(root, 'Operation', 'Output', element) === value, `the body names the output's ${element}`);
  }
  check(root.children.filter(({ name }) => name === 'Operation').length === 1, 'there is one Operation');
  check(
    textAt(root, 'Operation', 'UserData')?.trim() === job.userData.trim(),
    'the body has the user data, so that the job is found again',
  );
  return 'taken';
}

function textAt(element: OracleElement, ...path: readonly string[]): string | undefined {
  let at: OracleElement = element;
  for (const name of path) {
    const child = at.children.find((candidate) => candidate.name === name);
    if (child === undefined) return undefined;
    at = child;
  }
  return at.text;
}
