import { checkAnswer } from '../../lib/cos/answer.js';
import type { CosRequester } from '../../lib/cos/requester.js';
import type { WireResponse } from '../../lib/cos/transport.js';
import { describeDocJob } from '../../lib/doc-jobs/describe.js';
import type { DescribeAnswer, EndedJob } from '../../lib/doc-jobs/doc-job.js';
import { days, epochMs, minutes, type EpochMs } from '../../lib/domain/units.js';
import {
  buildManifest,
  manifestBytes,
  manifestLocation,
  parseKeyTemplate,
  readManifest,
  type Manifest,
} from '../../lib/manifest/index.js';
import {
  decide,
  DEFAULT_MAX_AGE,
  DEFAULT_UNKNOWN_JOB_GRACE,
  type Circumstances,
  type Decision,
  type Observation,
} from '../../lib/poller/decide.js';
import { DEFAULT_SCHEDULE } from '../../lib/poller/schedule.js';
import { JOB_ID } from '../doc-jobs/answers.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import type { Target } from './campaign.js';
import { check, checkDeliberate, checkPrototypes } from './check.js';
import { aDocument, anotherDocument } from './documents.js';
import { mutated } from './mutators.js';
import { censusOf, comparable, distinctPages } from './census.js';
import type { Random } from './random.js';

/** The steps from an answer to a manifest; tests plant bugs in them. */
export interface Steps {
  readonly describe: (requester: CosRequester) => Promise<DescribeAnswer>;
  readonly decide: (observation: Observation, about: Circumstances) => Decision;
  readonly build: (job: EndedJob, complete: boolean) => Manifest;
}

const POLICY = {
  schedule: DEFAULT_SCHEDULE,
  maxAge: DEFAULT_MAX_AGE,
  unknownJobGrace: DEFAULT_UNKNOWN_JOB_GRACE,
};

const REAL: Steps = {
  describe: (requester) => describeDocJob(requester, SOURCE, JOB_ID),
  decide: (observation, about) => decide(observation, about, POLICY),
  build: (job, complete) => buildManifest(job, SOURCE, complete),
};

const TEMPLATE = parseKeyTemplate('manifests/${jobId}.json');

/** As the default allows: the source bucket's account. */
const isAllowed = (bucket: string): boolean => bucket.endsWith('-1250000000');

const SENT = {
  asked: 'GET docs-1250000000.ci.ap-beijing /doc_jobs/d1',
  headers: { authorization: 'q-ak=x' },
};

/** How many times an answer's size its manifest may have: names are repeated for each page, and indented. */
const GROWTH = 12;
const MANIFEST_FRAME_BYTES = 4_096;

/** Mutated answers of CI, from the wire to the manifest's bytes. */
export function responsesTarget(changes: Partial<Steps> = {}): Target {
  const steps = { ...REAL, ...changes };
  return {
    name: 'responses',
    run: async (random) => {
      const response = aResponse(random);
      const about = circumstances(random);
      const outcome = await outcomeOf(response, about, steps, random);
      checkPrototypes();
      return { outcome, inputBytes: response.body.length };
    },
  };
}

async function outcomeOf(
  response: WireResponse,
  about: Circumstances,
  steps: Steps,
  random: Random,
): Promise<string> {
  const observation = await observe(response, about.now, steps);
  const decision = steps.decide(observation, about);
  if (observation.kind === 'unanswered') {
    check(decision.kind !== 'finish', 'no manifest without an answer');
    checkPostponement(decision, about);
    return `${observation.error.name} (${observation.error.disposition}), ${decision.kind}`;
  }
  const { answer } = observation;
  if (decision.kind !== 'finish') {
    checkPostponement(decision, about);
    if (answer.kind === 'missing') return `missing, ${decision.kind}`;
    const mayStillFill = answer.job.state === 'Success' && decision.kind === 'look-again';
    check(
      !['Success', 'Failed', 'Cancel'].includes(answer.job.state) || mayStillFill,
      'a job that has ended is finished',
    );
    return `${answer.job.state}, ${decision.kind}`;
  }
  check(answer.kind === 'found' && answer.job === decision.job, 'a manifest is of the job that was found');
  const cut = response.body.subarray(0, random.below(response.body.lastIndexOf('>') + 1));
  const cutShort = await observe({ ...response, body: cut }, about.now, steps);
  // A cut amid what follows the root, a comment say, leaves the answer whole.
  check(cutShort.kind === 'unanswered' || censusOf(cut) !== null, 'an answer that was cut short is none');
  return finish(response.body, decision.job, decision.complete, steps);
}

async function observe(response: WireResponse, now: EpochMs, steps: Steps): Promise<Observation> {
  const requester: CosRequester = {
    send: (request, decode) =>
      new Promise((resolve) => resolve(decode(checkAnswer(response, request, SENT, now)))),
  };
  try {
    return { kind: 'answered', answer: await steps.describe(requester) };
  } catch (error) {
    checkDeliberate(error);
    return { kind: 'unanswered', error };
  }
}

/** The manifest says what the body says, by the oracle's reading of it, and it is complete only if the pages are. */
function finish(body: Buffer, job: EndedJob, complete: boolean, steps: Steps): string {
  const census = censusOf(body);
  check(census !== null, 'an answer that is taken is well-formed');
  const manifest = steps.build(job, complete);
  const bytes = manifestBytes(manifest);
  check(
    bytes.length <= GROWTH * body.length + MANIFEST_FRAME_BYTES,
    'a manifest is not much larger than its answer',
  );
  check(
    JSON.stringify(readManifest(bytes)) === JSON.stringify(manifest),
    'a manifest reads as it was written',
  );
  check(
    manifest.job.jobId === JOB_ID && census.jobId === JOB_ID,
    'a manifest is of the job that was asked for',
  );
  check(manifest.job.state === census.state, 'the state is the answer’s');
  const pages = manifest.job.state === 'Success' ? census.pages : [];
  check(comparable(manifest.pages) === comparable(pages), 'the pages are the answer’s');
  if (manifest.complete && manifest.job.state === 'Success') {
    check(
      distinctPages(pages) >= (census.succeeded ?? 1),
      'a complete manifest has as many pages as were counted',
    );
  }
  const location = manifestLocation(job, SOURCE, TEMPLATE, isAllowed);
  if (location.kind === 'not-allowed') {
    check(location.problem.length <= 2_000, 'the problem of an output is short');
    return `${job.state}, output refused`;
  }
  check(/^[a-z0-9-]+-1250000000$/.test(location.bucket), 'the bucket is an allowed one');
  check(/^[a-z]+(-[a-z0-9]+)+$/.test(location.region), 'the region is a host label');
  check(location.key === `manifests/${JOB_ID}.json`, 'the key is the job’s');
  return `${job.state}, ${complete ? 'complete' : 'incomplete'} manifest`;
}

function checkPostponement(decision: Exclude<Decision, { kind: 'finish' }>, about: Circumstances): void {
  const { schedule, unknownJobGrace } = POLICY;
  switch (decision.kind) {
    case 'look-again': {
      const { delay } = decision;
      const least = schedule.floor * (1 - schedule.jitter);
      check(
        Number.isInteger(delay) && delay >= least && delay <= schedule.ceiling,
        'a delay is within its bounds',
      );
      return;
    }
    case 'give-up':
      check(about.now - about.firstSeenAt >= unknownJobGrace, 'nothing is given up before its time');
      check(decision.detail.length <= 2_000, 'the detail of a dead letter is short');
      return;
  }
}

function aResponse(random: Random): WireResponse {
  const { body } = mutated(aDocument(random), random, anotherDocument(random));
  const headers: Record<string, string> = {};
  if (random.oneIn(2)) headers['x-ci-request-id'] = 'NjBhYg==';
  if (random.oneIn(30))
    headers['retry-after'] = random.pick([
      '1',
      '9'.repeat(400),
      '-1',
      'soon',
      'Thu, 01 Jan 2026 00:00:09 GMT',
    ]);
  if (random.oneIn(30))
    headers['date'] = random.pick(['Thu, 01 Jan 2026 00:00:00 GMT', 'Xxx, 99 Yyy 9999 99:99:99 GMT', '']);
  if (random.oneIn(40)) headers['content-encoding'] = random.pick(['gzip', 'identity', 'br, gzip', '']);
  if (random.oneIn(60)) headers['x-ci-request-id'] = 'x'.repeat(8_000);
  const status = random.oneIn(6)
    ? random.pick([201, 204, 206, 301, 304, 400, 401, 403, 404, 429, 500, 503, 599])
    : 200;
  return { status, headers, body: Buffer.from(body, 'latin1') };
}

function circumstances(random: Random): Circumstances {
  const moment = (): EpochMs => epochMs(START + minutes(1) * (random.below(40_000) - 20_000));
  const firstSeenAt = epochMs(START - random.below(days(random.oneIn(2) ? 6 : 1)));
  return {
    now: START,
    firstSeenAt,
    random: random.below(1_000) / 1_000,
    pending: {
      jobId: JOB_ID,
      ...SOURCE,
      ...(random.oneIn(3) ? { createdAt: moment() } : {}),
      ...(random.oneIn(5) ? { redrivenAt: moment() } : {}),
    },
  };
}
