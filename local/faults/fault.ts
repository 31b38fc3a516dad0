import * as v from 'valibot';
import { CI_OPERATIONS, COS_OPERATIONS } from '../operation.js';

const Milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(3_600_000));
const Count = v.pipe(v.number(), v.integer(), v.minValue(1));

const RetryAfter = {
  /** A `Retry-After` of so many seconds, as a number or as the HTTP date that it comes to. */
  retryAfterSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  retryAfterForm: v.optional(v.picklist(['seconds', 'date'])),
};

/** What can go wrong with one request, told apart by `kind`. */
const FaultSchema = v.variant('kind', [
  /** The answer takes this much longer. Other faults can come on top. */
  v.strictObject({ kind: v.literal('latency'), ms: Milliseconds }),
  /** An error answer, and nothing else happens. The code is the documented one of that status unless given. */
  v.strictObject({
    kind: v.literal('status'),
    status: v.pipe(v.number(), v.integer(), v.minValue(300), v.maxValue(599)),
    code: v.optional(v.string()),
    message: v.optional(v.string()),
    ...RetryAfter,
  }),
  /** The connection breaks: before anything happens, after it happened but before any answer, or in the middle of the answer's body. */
  v.strictObject({ kind: v.literal('reset'), when: v.picklist(['before', 'after', 'mid-body']) }),
  /** No answer ever, whether or not the operation took effect. */
  v.strictObject({ kind: v.literal('hang'), when: v.picklist(['before', 'after']) }),
  /**
   * The answer's body ends half-way. With the length `cut`, HTTP is whole and only the content is not; with `whole`, less comes than was
   * announced.
   */
  v.strictObject({ kind: v.literal('truncated'), length: v.picklist(['cut', 'whole']) }),
  /** A 200 whose body is HTML, as from a proxy; nothing; JSON; or an `<Error>`. */
  v.strictObject({ kind: v.literal('html-body') }),
  v.strictObject({ kind: v.literal('empty-body') }),
  v.strictObject({ kind: v.literal('json-body') }),
  v.strictObject({ kind: v.literal('error-body'), code: v.optional(v.string()) }),
  /** The answer to a describe is about another job. */
  v.strictObject({ kind: v.literal('other-job') }),
  /** The request is judged, and the answer dated, by a clock that is this much ahead (or behind, when negative). */
  v.strictObject({ kind: v.literal('clock-skew'), ms: v.pipe(v.number(), v.integer()) }),
  /** The signature counts as expired, as one that was too long on its way. */
  v.strictObject({ kind: v.literal('expired-signature') }),
]);

/** What can go wrong with one request. */
export type Fault = v.InferOutput<typeof FaultSchema>;

/** What goes wrong with those requests only that are too many for their host, which is refused as CI and COS refuse it. */
const ThrottlingSchema = v.strictObject({
  kind: v.literal('throttle'),
  /** Requests that each host takes in a second: the CI and the COS of a bucket count by themselves. */
  perSecond: v.pipe(v.number(), v.gtValue(0), v.maxValue(1_000_000)),
  /** How many it takes at once after a pause; those of a second when left out. */
  burst: v.optional(Count),
  ...RetryAfter,
});

export type Throttling = v.InferOutput<typeof ThrottlingSchema>;

/** Which requests a rule is for; what is left out, matches all. */
const MatchSchema = v.strictObject({
  family: v.optional(v.picklist(['cos', 'ci'])),
  operation: v.optional(v.picklist([...COS_OPERATIONS, ...CI_OPERATIONS])),
  bucket: v.optional(v.string()),
  /** The decoded path begins so: `/doc_jobs/d1`. */
  pathPrefix: v.optional(v.string()),
});

/** A fault, and when it strikes. */
export const FaultRuleSchema = v.strictObject({
  match: v.optional(MatchSchema, {}),
  /** It strikes so often, then never again. Without limit when left out. */
  times: v.optional(Count),
  /** The chance that it strikes a request that matches. */
  probability: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
  fault: v.variant('kind', [FaultSchema, ThrottlingSchema]),
});

/** A rule as its author writes it. */
export type FaultRule = v.InferInput<typeof FaultRuleSchema>;
