import * as v from 'valibot';
import { invalidArgument } from '../wire/refusal.js';

/** The header of a source object that says how jobs about it go. Its value is URL-encoded JSON. */
export const SCRIPT_HEADER = 'x-cos-meta-docjob-script';

/** CI takes documents of 5,000 pages at most (1250/109275). */
const MAX_PAGES = 5_000;

const Duration = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(366 * 86_400_000));
const Pages = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_PAGES));

/** How the jobs about one source object go; what is left out, the cloud's defaults decide. */
const ScriptSchema = v.strictObject({
  /** From the start of the work to the end, in milliseconds. */
  durationMs: v.optional(Duration),
  /** Pages of the document. */
  pages: v.optional(Pages),
  /** How it ends. `never` stays `Running`, and keeps its place among the running ones. */
  ends: v.optional(v.picklist(['Success', 'Failed', 'Cancel', 'never'])),
  /** The job stands at `Pause` this long before it is `Running`. */
  pauseMs: v.optional(Duration),
  /** Makes it a spreadsheet: how many pictures each sheet has. */
  sheets: v.optional(v.pipe(v.array(Pages), v.minLength(1), v.maxLength(255))),
  /** How many of the pictures fail; the last ones. */
  failPages: v.optional(Pages),
  /** How long after the end the list of pages is still filling. */
  fillMs: v.optional(Duration),
  /** Once it has ended, the answer is the documented example, byte for byte: 1 the document, 2 the spreadsheet. */
  documented: v.optional(v.picklist([1, 2])),
  /** The record vanishes at once: no describe and no list knows the job. */
  forget: v.optional(v.boolean()),
  /** A state that no document knows, instead of `Running`; for ever, unless `ends` is given. */
  state: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z]{1,32}$/))),
  /** Object keys of the result begin with a slash. */
  tgtUriLeadingSlash: v.optional(v.boolean()),
  /** What goes wrong with its callback: sent twice, never, or also at once with a success that is not there yet. */
  callback: v.optional(v.picklist(['duplicate', 'lost', 'premature'])),
  /** How long after the end the callback is sent. */
  callbackDelayMs: v.optional(Duration),
});

/** A script as its author writes it. */
export type JobScript = v.InferOutput<typeof ScriptSchema>;

/** The value of the script header for `script`. */
export function writeScript(script: JobScript): string {
  return encodeURIComponent(JSON.stringify(script));
}

/**
 * The script in a source object's headers; the empty one when there is none.
 *
 * @throws Refusal 400 `InvalidArgument` that says what is wrong with it.
 */
export function readScript(headers: Readonly<Record<string, string>>): JobScript {
  const text = headers[SCRIPT_HEADER];
  if (text === undefined) return {};
  const result = v.safeParse(ScriptSchema, parseJson(text));
  if (!result.success) {
    const [issue] = result.issues;
    const path = v.getDotPath(issue);
    throw invalidArgument(
      `The header ${SCRIPT_HEADER} is wrong${path === null ? '' : ` at ${path}`}: ${issue.message}.`,
    );
  }
  const total = result.output.sheets?.reduce((sum, pictures) => sum + pictures, 0) ?? 0;
  if (total > MAX_PAGES)
    throw invalidArgument(`The header ${SCRIPT_HEADER} has more than ${MAX_PAGES} pictures.`);
  return result.output;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(text));
  } catch {
    throw invalidArgument(`The header ${SCRIPT_HEADER} is not URL-encoded JSON.`);
  }
}
