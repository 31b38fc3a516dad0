import * as v from 'valibot';
import { epochMs, type EpochMs } from '../domain/units.js';

/**
 * What earlier runs have done, as a claim that stays true for ever, whoever else runs: every key of the queue has had its look for each look time up to
 * `since`; and those up to the key `after` for each up to `pass.startedAt` as well. So of two runs that overlap, whichever stores its claim last
 * makes later runs do some things twice, and nothing never.
 */
export interface Claim {
  /** When the last complete pass began, by the service's clock. */
  readonly since: EpochMs;
  /** The pass that is under way. */
  readonly pass?: { readonly startedAt: EpochMs; readonly after: string };
}

/** Claims nothing: every look time is still to come, and every job is due. */
export const NOTHING_DONE: Claim = { since: epochMs(0) };

const Time = v.pipe(v.number(), v.integer(), v.minValue(0));

const StoredClaim = v.strictObject({
  version: v.literal(1),
  prefix: v.string(),
  since: Time,
  pass: v.exactOptional(v.strictObject({ startedAt: Time, after: v.string() })),
});

/** The checkpoint's key: beside the pending jobs, not below them, where it would be listed. */
export function checkpointKey(prefix: string): string {
  return `${prefix.slice(0, -1)}.checkpoint.json`;
}

/** A claim as it is stored. */
export function formatCheckpoint(claim: Claim, prefix: string): string {
  return `${JSON.stringify({ version: 1, prefix, ...claim })}\n`;
}

/**
 * Reads a stored claim. Whatever is not a whole claim of ours about these keys, or is from the future (it would make looks wait for it), claims
 * nothing: that costs calls only.
 */
export function parseCheckpoint(body: Uint8Array, prefix: string, now: EpochMs): Claim {
  const read = v.safeParse(StoredClaim, parseJson(body));
  if (!read.success) return NOTHING_DONE;
  const { since, pass } = read.output;
  if (read.output.prefix !== prefix || since > now) return NOTHING_DONE;
  if (pass === undefined) return { since: epochMs(since) };
  const { startedAt, after } = pass;
  if (startedAt < since || startedAt > now || !after.startsWith(prefix)) return NOTHING_DONE;
  return { since: epochMs(since), pass: { startedAt: epochMs(startedAt), after } };
}

/** The value of a JSON text in UTF-8; undefined when it is none. */
function parseJson(body: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // It is none.
  }
  return value;
}
