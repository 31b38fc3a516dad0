import { readFileSync } from 'node:fs';
import { EventError } from '../../lib/platform/event-error.js';
import type { Invocation } from '../../lib/platform/invocation.js';
import { lambdaInvocation } from '../../lib/platform/lambda.js';
import { scfInvocation } from '../../lib/platform/scf.js';
import { parseMessage } from '../../lib/queue/message.js';
import { JOB_ID } from '../doc-jobs/answers.js';
import { parseReconcileRequest } from '../../lib/reconcile/request.js';
import { SOURCE } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';
import type { Target } from './campaign.js';
import { check, checkDeliberate, checkPrototypes } from './check.js';
import { mutatedJson } from './hostile-json.js';
import type { Random } from './random.js';

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../platform/events/${name}.json`, import.meta.url), 'utf8'));

const EVENTS: [unknown, ...unknown[]] = [
  fixture('eventbridge-rule'),
  fixture('eventbridge-scheduler-input'),
  fixture('sqs-batch'),
  fixture('scf-timer'),
  { trigger: 'timer' },
  { jobIds: [JOB_ID] },
  { jobs: [JOB_ID, { jobId: JOB_ID, ...SOURCE }] },
  {
    reconcile: {
      from: '2025-12-31T00:00:00Z',
      ...SOURCE,
      settledForMinutes: 5,
      except: [JOB_ID],
      enqueue: true,
    },
  },
  {},
  null,
];

const SCF_CONTEXT = fixture('scf-context');

const LAMBDA_CONTEXT = { awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef', memoryLimitInMB: '128' };

/** Events and contexts of both platforms: an invocation, or an EventError. */
export const eventsTarget: Target = {
  name: 'events',
  run: (random) => {
    const text = JSON.stringify(mutatedJson(random.pick(EVENTS), random));
    // As a platform hands it over: `__proto__` is a key like any other then.
    const event: unknown = JSON.parse(random.oneIn(200) ? deep(text, random) : text);
    const isLambda = random.oneIn(2);
    const context = random.oneIn(8)
      ? mutatedJson(isLambda ? LAMBDA_CONTEXT : SCF_CONTEXT, random)
      : isLambda
        ? LAMBDA_CONTEXT
        : SCF_CONTEXT;
    const outcome = outcomeOf(() =>
      isLambda
        ? lambdaInvocation(
            event,
            { ...(context as object), getRemainingTimeInMillis: () => 59_000 },
            {},
            START,
          ) // a spread takes anything
        : scfInvocation(event, context, {}, START),
    );
    checkPrototypes();
    return { outcome: `${isLambda ? 'Lambda' : 'SCF'}, ${outcome}`, inputBytes: text.length };
  },
};

function outcomeOf(invoke: () => Invocation): string {
  let invocation: Invocation;
  try {
    invocation = invoke();
  } catch (error) {
    checkDeliberate(error);
    check(error instanceof EventError, 'an event is refused by an EventError');
    return 'refused';
  }
  const { trigger, deadline, requestId } = invocation;
  check(Number.isFinite(deadline) && deadline > START, 'the deadline is a moment to come');
  check(typeof requestId === 'string', 'the request ID is a text');
  switch (trigger.kind) {
    case 'timer':
      break;
    case 'jobs':
      for (const message of trigger.messages) checkMessage(message);
      break;
    case 'batch':
      for (const { body, messageId, receiptHandle, attributes } of trigger.messages) {
        checkMessage(body);
        check(typeof messageId === 'string' && typeof receiptHandle === 'string', 'a message can be settled');
        check(
          !Number.isNaN(new Date(Number(attributes.SentTimestamp)).valueOf()),
          'a message was sent at some time',
        );
      }
      break;
    case 'reconcile':
      return checkReconcile(trigger.request);
  }
  return trigger.kind;
}

function checkReconcile(request: unknown): string {
  const isAllowedBucket = (bucket: string): boolean => bucket === SOURCE.bucket;
  try {
    const query = parseReconcileRequest(request, { source: SOURCE, isAllowedBucket, now: START });
    check(query.createdFrom < query.createdTo, 'there is a time to go through');
    check(query.source.bucket === SOURCE.bucket, 'only allowed buckets are asked');
    check(/^[a-z0-9-]+$/.test(query.source.region), 'a region is a host label');
    check(query.settledFor >= 0, 'a job must have ended');
    return 'reconcile';
  } catch (error) {
    checkDeliberate(error);
    check(error instanceof EventError, 'a request is refused by an EventError');
    return 'reconcile refused';
  }
}

function checkMessage(body: string): void {
  check(typeof body === 'string', 'a message is a text');
  const parsed = parseMessage(body, SOURCE);
  if (parsed.kind === 'not-a-job') check(parsed.problem.length <= 500, 'the problem of a message is short');
}

/** Nested further than recursion goes. */
function deep(text: string, random: Random): string {
  const depth = random.below(30_000);
  const nested = `${'[{"a":'.repeat(depth)}${text}${'}]'.repeat(depth)}`;
  return random.pick([
    nested,
    `{"jobs":[{"jobId":${nested}}]}`,
    `{"jobIds":[${nested}]}`,
    `{"Records":${nested}}`,
  ]);
}
