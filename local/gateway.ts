import { setTimeout as sleep } from 'node:timers/promises';
import { epochMs, type EpochMs } from '../lib/domain/units.js';
import type { Access } from './access.js';
import type { KeyRing } from './auth/key-ring.js';
import { refusalOf, type SignatureErrorShape } from './auth/signature-refusal.js';
import { verifySignature } from './auth/verify.js';
import { answerCi, describeBuckets, unknownUrl, type CiService } from './ci/api.js';
import type { ResultWriter } from './ci/result-writer.js';
import { answerCos, type CosBehaviour } from './cos/api.js';
import type { Bucket } from './cos/bucket.js';
import type { ObjectStore } from './cos/object-store.js';
import type { Exchange } from './exchange.js';
import { deliveryOf, distorted, refusalFor, type Delivery } from './faults/distort.js';
import type { Fault } from './faults/fault.js';
import type { FaultRules } from './faults/fault-rules.js';
import { operationOf, type Operation } from './operation.js';
import type { Statistics } from './statistics.js';
import { errorAnswer, newRequestId, type Answer } from './wire/answer.js';
import { Refusal } from './wire/refusal.js';
import type { CloudRequest } from './wire/request.js';
import type { Route } from './wire/route.js';

/** Everything that COS and CI consist of. */
export interface Services {
  readonly keys: KeyRing;
  readonly access: Access;
  readonly store: ObjectStore;
  readonly ci: CiService;
  readonly cosBehaviour: Readonly<CosBehaviour>;
  readonly results: ResultWriter;
  readonly faults: FaultRules;
  readonly statistics: Statistics;
  readonly signatureErrors: () => SignatureErrorShape;
  readonly now: () => EpochMs;
  /** Aborts when the cloud closes: nobody waits any longer. */
  readonly closing: AbortSignal;
}

/** An answer and how it is to be delivered. */
export interface Outcome {
  readonly answer: Answer;
  readonly delivery: Delivery;
}

/**
 * Takes a request for COS or CI through the cloud: the faults that strike it, its signature, its rights, what it asks for, and the headers that every
 * answer has.
 */
export async function exchange(
  services: Services,
  request: CloudRequest,
  route: Exclude<Route, { kind: 'admin' | 'unknown' }>,
): Promise<Outcome> {
  const operation = operationOf(request, route);
  const { statistics, faults, now } = services;
  statistics.begin();
  let status = 0;
  try {
    const outcome = await underFaults(
      services,
      request,
      operation,
      faults.strike(operation, request.path, now()),
    );
    if (outcome.delivery !== 'never' && outcome.delivery !== 'reset') status = outcome.answer.status;
    return outcome;
  } finally {
    statistics.end(operation, now(), status);
  }
}

async function underFaults(
  services: Services,
  request: CloudRequest,
  operation: Operation,
  faults: readonly Fault[],
): Promise<Outcome> {
  const sum = (kind: 'latency' | 'clock-skew'): number =>
    faults.reduce((total, fault) => total + (fault.kind === kind ? fault.ms : 0), 0);
  const latencyMs = sum('latency');
  if (latencyMs > 0) await sleep(latencyMs, undefined, { signal: services.closing });

  const fault = faults.find(({ kind }) => kind !== 'latency' && kind !== 'clock-skew');
  const now = services.now();
  const judgedAt = epochMs(now + sum('clock-skew'));
  const requestId = newRequestId(now);
  const asked = { request, operation, now, requestId };
  const answer = await answered(asked, () => {
    preempt(fault, asked, services, judgedAt);
    return perform(services, asked, judgedAt);
  });
  return {
    answer: signedOff(fault === undefined ? answer : distorted(answer, fault), asked, judgedAt),
    delivery: deliveryOf(fault),
  };
}

/** Throws for a fault that comes instead of the operation. */
function preempt(
  fault: Fault | undefined,
  { operation }: Exchange,
  services: Services,
  judgedAt: EpochMs,
): void {
  const isBefore = (fault?.kind === 'reset' || fault?.kind === 'hang') && fault.when === 'before';
  // Never delivered: it only keeps the operation from happening.
  if (isBefore) throw new Refusal(503, 'ServiceUnavailable', 'The cloud was told not to answer.');
  if (fault?.kind === 'status') throw refusalFor(fault, operation.family, judgedAt);
  if (fault?.kind === 'expired-signature') {
    throw refusalOf({ kind: 'expired' }, operation.family, services.signatureErrors());
  }
}

async function perform(services: Services, asked: Exchange, judgedAt: EpochMs): Promise<Answer> {
  const { request, operation, now } = asked;
  const { family } = operation;
  verifySignature(request, { family, now: judgedAt, shape: services.signatureErrors() }, services.keys);
  services.ci.table.advance(now);

  if (operation.bucket === undefined) {
    services.access.check(operation, undefined);
    if (operation.name !== 'DescribeDocProcessBuckets') throw unknownUrl();
    return describeBuckets(asked, boundOf(services.store.buckets));
  }
  const bucket = services.store.find(operation.bucket, operation.region);
  // Both the missing bucket and the one in another region: a name is looked up where the host says.
  if (bucket === undefined) throw new Refusal(404, 'NoSuchBucket', 'The specified bucket does not exist.');
  services.access.check(operation, bucket.facts);
  if (operation.name === 'DescribeDocProcessBuckets') {
    return describeBuckets(asked, boundOf(services.store.buckets));
  }
  if (family === 'ci') return answerCi(services.ci, asked, bucket);
  if (request.method !== 'PUT') await services.results.settled(bucket.facts.name);
  return answerCos(asked, bucket, services.cosBehaviour);
}

/** Of those that CI is bound to. */
function boundOf(buckets: readonly Bucket[]): readonly Bucket['facts'][] {
  return buckets.filter(({ hasDocProcessing }) => hasDocProcessing).map(({ facts }) => facts);
}

/** What `work` answers, refusals included, and a 500 for a fault of our own: the real service would not fall over either. */
async function answered(asked: Exchange, work: () => Promise<Answer>): Promise<Answer> {
  const { request, operation, requestId } = asked;
  try {
    return await work();
  } catch (error) {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(500, 'InternalError', error instanceof Error ? error.message : String(error));
    const resource = `${request.host}/${operation.subject ?? ''}`;
    return errorAnswer(refusal, { family: operation.family, method: request.method, resource, requestId });
  }
}

/** Adds the headers that every answer of a family has. */
function signedOff(
  answer: Answer,
  { operation: { family }, requestId }: Exchange,
  judgedAt: EpochMs,
): Answer {
  const headers = {
    date: new Date(judgedAt).toUTCString(),
    server: `tencent-${family}`,
    [`x-${family}-request-id`]: requestId,
    ...answer.headers,
  };
  return { ...answer, headers };
}
