import { StringDecoder } from 'node:string_decoder';
import * as v from 'valibot';
import { brief } from '../../lib/domain/brief.js';
import { parseRfc3339 } from '../../lib/domain/rfc3339.js';
import type { EpochMs } from '../../lib/domain/units.js';

const Counts = v.optional(v.record(v.string(), v.pipe(v.number(), v.integer(), v.minValue(0))), {});
const Count = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0);

/** A run's report as far as it is summed up; a version that leaves something out counts as nothing there. */
const Report = v.object({
  leased: Count,
  finished: Counts,
  incomplete: Count,
  waiting: Count,
  returned: Count,
  deadLettered: Counts,
  unsettled: Count,
  errors: Counts,
  calls: v.optional(v.object({ attempts: Counts, retries: Count }), { attempts: {}, retries: 0 }),
  durationMs: v.optional(v.number(), 0),
  stopped: v.optional(v.string(), 'unknown'),
});

/** What one run did, as it logged it. */
export type LoggedReport = v.InferOutput<typeof Report>;

const Line = v.object({ time: v.string(), level: v.optional(v.string(), 'info'), event: v.string() });
const RunFinished = v.object({ report: Report });
const Written = v.object({ stalenessMs: v.optional(v.nullable(v.pipe(v.number(), v.minValue(0))), null) });
const Text = v.optional(v.string());
const DeadLetter = v.object({
  jobId: Text,
  lease: Text,
  bucket: Text,
  reason: v.string(),
  detail: Text,
  requestId: Text,
});
const Failure = v.object({ code: v.string(), message: Text, requestId: Text, jobId: Text });

/** A line of the poller's log that a report is made from. */
export type LogEvent =
  | { readonly kind: 'run'; readonly at: EpochMs; readonly report: LoggedReport }
  /** `stalenessMs` is null where CI did not say when the job ended, or the line is from before it was logged. */
  | { readonly kind: 'manifest'; readonly at: EpochMs; readonly stalenessMs: number | null }
  | ({ readonly kind: 'dead-letter'; readonly at: EpochMs } & LoggedDeadLetter)
  /** Something that went wrong, with the code of its error. */
  | ({ readonly kind: 'failure'; readonly at: EpochMs } & LoggedFailure);

/** A dead letter as it was logged; texts are cut. */
export interface LoggedDeadLetter {
  /** The job's ID, or of a message that holds none the queue's name for it. */
  readonly name: string;
  readonly bucket: string | undefined;
  readonly reason: string;
  readonly detail: string | undefined;
  readonly requestId: string | undefined;
}

/** A failure as it was logged; texts are cut. */
export interface LoggedFailure {
  readonly event: string;
  readonly code: string;
  readonly message: string | undefined;
  readonly jobId: string | undefined;
  readonly requestId: string | undefined;
}

/** No line of ours is longer: what is, is not looked at. */
const LONGEST_LINE = 256 * 1024;

/** How much of a detail or a message is shown: a dead letter's own is no longer. */
const LONGEST_TEXT = 1_024;

/**
 * The event in one line of a log or of an export of one; undefined where there is none that a report needs. Takes the line itself, also behind the
 * prefix that `aws logs tail` prints; a JSON object around it, in whose `message` or `SCF_Message` it stands (CloudWatch Logs, CLS); and the `message` of
 * an indented `aws logs filter-log-events`.
 */
export function readLogLine(line: string): LogEvent | undefined {
  const field = /^\s*"@?message": (".*"),?\s*$/.exec(line)?.[1];
  if (field !== undefined) return eventIn(parsed(field));
  const start = line.indexOf('{');
  return start < 0 ? undefined : eventIn(parsed(line.slice(start)));
}

/** The fields in which services put the line that a function wrote. */
const WRAPPERS = ['message', '@message', 'SCF_Message', '__CONTENT__', 'content'] as const;

function eventIn(value: unknown): LogEvent | undefined {
  if (typeof value === 'string') return eventOf(parsed(value));
  if (typeof value !== 'object' || value === null) return undefined;
  const own = eventOf(value);
  if (own !== undefined) return own;
  const fields = new Map(Object.entries(value));
  for (const name of WRAPPERS) {
    const inner: unknown = fields.get(name);
    const event = eventOf(typeof inner === 'string' ? parsed(inner) : inner);
    if (event !== undefined) return event;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function eventOf(value: unknown): LogEvent | undefined {
  const line = v.safeParse(Line, value);
  if (!line.success) return undefined;
  const at = parseRfc3339(line.output.time)?.at;
  if (at === undefined) return undefined;
  switch (line.output.event) {
    case 'run-finished': {
      const fields = v.safeParse(RunFinished, value);
      return fields.success ? { kind: 'run', at, report: fields.output.report } : undefined;
    }
    case 'manifest-written': {
      const fields = v.safeParse(Written, value);
      return { kind: 'manifest', at, stalenessMs: fields.success ? fields.output.stalenessMs : null };
    }
    case 'dead-letter': {
      const fields = v.safeParse(DeadLetter, value);
      return fields.success ? { kind: 'dead-letter', at, ...deadLetterOf(fields.output) } : undefined;
    }
    default: {
      const fields = v.safeParse(Failure, value);
      const isFailure = line.output.level === 'warn' || line.output.level === 'error';
      if (!isFailure || !fields.success) return undefined;
      const { code, message, requestId, jobId } = fields.output;
      return {
        kind: 'failure',
        at,
        event: brief(line.output.event),
        code: brief(code),
        message: message?.slice(0, LONGEST_TEXT),
        jobId: jobId === undefined ? undefined : brief(jobId),
        requestId: requestId === undefined ? undefined : brief(requestId),
      };
    }
  }
}

function deadLetterOf(fields: v.InferOutput<typeof DeadLetter>): LoggedDeadLetter {
  const { jobId, lease, bucket, reason, detail, requestId } = fields;
  const short = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : brief(text);
  return {
    name: brief(jobId ?? lease ?? 'unnamed'),
    bucket: short(bucket),
    reason: brief(reason),
    detail: detail?.slice(0, LONGEST_TEXT),
    requestId: short(requestId),
  };
}

/** Lines of a stream, without their ends. Holds no more than one line; of one that is too long it gives the beginning, which is no JSON. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const text = typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
    const [first = '', ...others] = text.split('\n');
    rest = (rest + first).slice(0, LONGEST_LINE);
    for (const next of others) {
      yield rest;
      rest = next.slice(0, LONGEST_LINE);
    }
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}
