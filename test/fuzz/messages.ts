import { validateHeaderValue } from 'node:http';
import type { CosRequest } from '../../lib/cos/requester.js';
import { signedWireRequest } from '../../lib/cos/wire.js';
import { describeDocJob } from '../../lib/doc-jobs/describe.js';
import {
  buildManifest,
  manifestLocation,
  parseKeyTemplate,
  writeManifest,
} from '../../lib/manifest/index.js';
import { formatMessage, parseMessage, type ParsedMessage } from '../../lib/queue/message.js';
import type { PendingJob } from '../../lib/queue/pending-queue.js';
import type { JobFacts } from '../../lib/doc-jobs/doc-job.js';
import { JOB_ID } from '../doc-jobs/answers.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import type { Target } from './campaign.js';
import { check, checkPrototypes } from './check.js';
import { HOSTILE_TEXTS } from './hostile-texts.js';
import { hostileName } from './hostile-names.js';
import type { Random } from './random.js';

const NAMES = {
  jobId: JOB_ID,
  bucket: 'docs-1250000000',
  region: 'ap-beijing',
  queueId: 'p532fdead78444e649e1a4467c1cd19d3',
  createdAt: '2026-01-01T00:00:00+0800',
} as const;

const TEMPLATES = [
  'manifests/${jobId}.json',
  '${jobId}',
  'a/${bucket}/${region}/${jobId}/x.json',
  '中 文/${jobId}',
] as [string, ...string[]];

/** Names from queue messages, answers and configuration, up to the URL that is asked. */
export function messagesTarget(parse: typeof parseMessage = parseMessage): Target {
  return {
    name: 'messages',
    run: async (random) => {
      const body = aMessage(random);
      const parsed = parse(body, SOURCE);
      const outcomes = [messageOutcome(body, parsed)];
      const job = parsed.kind === 'job' ? parsed.job : { jobId: JOB_ID, ...SOURCE };
      await checkDescribe(job);
      outcomes.push(await checkManifest(job, random));
      checkPrototypes();
      return { outcome: outcomes.join(', '), inputBytes: Buffer.byteLength(body) };
    },
  };
}

function aMessage(random: Random): string {
  if (random.oneIn(10)) return hostileName(JOB_ID, random);
  const fields: [string, unknown][] = Object.entries(NAMES)
    .filter(([name]) => name === 'jobId' || !random.oneIn(4))
    .map(([name, value]) => [hostileKey(name, random), hostileValue(value, random)]);
  if (random.oneIn(10))
    fields.push([
      random.pick(['__proto__', 'constructor', 'toJSON', 'firstSeenAt', 'redrivenAt']),
      hostileValue(1767225600000, random),
    ]);
  const text = `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  return random.oneIn(12) ? hostileName(text, random) : text;
}

function hostileKey(name: string, random: Random): string {
  return random.oneIn(40) ? hostileName(name, random) : name;
}

function hostileValue(value: string | number, random: Random): unknown {
  if (!random.oneIn(12)) return random.oneIn(4) ? hostileName(String(value), random) : value;
  return random.pick<unknown>([
    null,
    true,
    0,
    -1,
    1.5,
    1e300,
    [],
    [value],
    {},
    { toString: 'x' },
    { __proto__: value },
  ]);
}

function messageOutcome(body: string, parsed: ParsedMessage): string {
  switch (parsed.kind) {
    case 'not-a-job':
      check(parsed.problem.length <= 500, 'the problem of a message is short');

      check(
        !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/.test(parsed.problem),
        'the problem of a message is one line',
      );
      return 'no job';
    case 'job': {
      const again = parseMessage(formatMessage(parsed.job), SOURCE);
      check(
        again.kind === 'job' && JSON.stringify(again.job) === JSON.stringify(parsed.job),
        'a job survives being copied',
      );
      check(Buffer.byteLength(body) <= 4_096, 'a large body is no job');
      return 'a job';
    }
  }
}

async function checkDescribe(job: PendingJob): Promise<void> {
  const request = await requestOf((send) => describeDocJob(send, job, job.jobId));
  const url = wireUrl(request);
  checkHost(url, request, 'ci');
  check(
    /^\/doc_jobs\/[A-Za-z0-9_-]{1,128}$/.test(url.pathname) && url.search === '',
    `${url.pathname} is a job’s path`,
  );
  check(url.pathname === `/doc_jobs/${job.jobId}`, 'the path is that of the job');
}

/** The manifest of a job whose output CI reports with hostile names, under a template that may be one too. */
async function checkManifest(job: PendingJob, random: Random): Promise<string> {
  const text = random.oneIn(2) ? random.pick(TEMPLATES) : hostileName(random.pick(TEMPLATES), random);
  let template: ReturnType<typeof parseKeyTemplate>;
  try {
    template = parseKeyTemplate(text);
  } catch (error) {
    check(error instanceof TypeError, 'a template is refused by a TypeError');
    return 'no template';
  }
  const output = {
    bucket: random.oneIn(2) ? 'pictures-1250000000' : hostileName('pictures-1250000000', random),
    region: random.oneIn(2) ? 'ap-guangzhou' : hostileName('ap-guangzhou', random),
    object: random.pick(HOSTILE_TEXTS),
  };
  const ended = { ...FACTS, state: 'Failed' as const, jobId: job.jobId, output };
  const location = manifestLocation(ended, job, template, (bucket) => bucket.endsWith('-1250000000'));
  if (location.kind === 'not-allowed') {
    check(location.problem.length <= 2_000, 'the problem of an output is short');
    return 'no place';
  }
  const request = await requestOf((send) => writeManifest(send, location, buildManifest(ended, job, true)));
  const url = wireUrl(request);
  checkHost(url, request, 'cos');
  check(url.search === '' && url.hash === '', 'a key is a path and nothing else');
  check(decodeURIComponent(url.pathname) === `/${location.key}`, 'the path is that of the key, and stays so');
  check(location.key.includes(job.jobId), 'the key names the job');
  const folder = text.slice(0, text.indexOf('${')).replace(/[^/]*$/, '');
  check(location.key.startsWith(folder), 'the key is in the folder of its template');
  return 'a place';
}

/** Parsed anew, by other means than those that made it: as WHATWG has it, which normalises dots, backslashes, and Unicode in host names. */
function wireUrl(request: CosRequest): URL {
  const credentials = { secretId: 'AKID', secretKey: 'key', token: 'token' };
  const wire = signedWireRequest(request, credentials, START, {}, 'x');
  for (const [name, value] of Object.entries(wire.headers)) validateHeaderValue(name, value);

  check(!/[\u0000-\u0020\u007f-\uffff]/.test(wire.path), 'the path is one word of ASCII');
  const url = new URL(`${wire.target.protocol}//${wire.target.hostname}:${wire.target.port}${wire.path}`);
  check(url.hostname === wire.target.host, `${wire.target.host} is a host name, and stays so`);
  check(url.pathname + url.search === wire.path, `${wire.path} is a path, and stays so`);
  return url;
}

function checkHost(url: URL, { bucket, region }: CosRequest, family: 'cos' | 'ci'): void {
  check(
    url.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '',
    'it is plain HTTPS',
  );
  const labels = url.hostname.split('.');
  check(
    JSON.stringify(labels) === JSON.stringify([bucket, family, region, 'myqcloud', 'com']),
    `${url.hostname} is a bucket’s host`,
  );
  check(
    /^[a-z0-9][a-z0-9-]*-\d{5,15}$/.test(bucket) && bucket.length <= 63,
    'the bucket is a host label with an APPID',
  );
}

async function requestOf(
  act: (send: { send: (request: CosRequest) => Promise<never> }) => Promise<unknown>,
): Promise<CosRequest> {
  let seen: CosRequest | undefined;
  const enough = new Error('the request is all that is wanted');
  await act({
    send: (request) => {
      seen = request;
      return Promise.reject(enough);
    },
  }).catch((error: unknown) => {
    if (error !== enough) throw error;
  });
  check(seen !== undefined, 'a request was made');
  return seen;
}

const FACTS: Omit<JobFacts, 'jobId' | 'output'> = {
  code: null,
  message: null,
  tag: null,
  queueId: null,
  inputObject: null,
  userData: null,
  creationTime: null,
  startTime: null,
  endTime: null,
};
