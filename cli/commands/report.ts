import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { codeOf } from '../lists.js';
import { writePage } from '../output-file.js';
import { reportPage, summarizeLog, type LogSummary } from '../view/index.js';

const OUT = 'docjob-report.html';

/** `docjob report`: what runs came to, to look at. */
export const report = command({
  name: 'report',
  summary: 'write a page about the runs that a log tells of',
  details:
    'Reads the log of the poll function, at the level info, as it was written or as CloudWatch Logs and CLS export it, from a file or standard input. One ' +
    'HTML file: outcomes, staleness and calls as plots, errors by code, and the dead letters with their reasons. Asks no service.',
  examples: [
    { line: 'docjob report poll.log', says: 'into docjob-report.html' },
    {
      line: 'aws logs tail /aws/lambda/docjob-prod-poll --since 4h | docjob report - --out today.html --title production',
      says: 'on the last four hours',
    },
  ],
  declare: (declared) => {
    declared
      .argument('[file]', 'the log, "-" for standard input (the default)')
      .option('--out <file>', `where to write it, "-" for standard output (default: ${OUT})`)
      .option('--title <text>', 'what it is about, such as the name of a stage');
  },
  args: v.object({
    file: v.optional(v.pipe(v.string(), v.nonEmpty('the name of a file'))),
    out: v.optional(v.pipe(v.string(), v.nonEmpty('the name of a file')), OUT),
    title: v.optional(v.string()),
  }),
  run: async ({ file, out, title }, context) => {
    const summary = await readLog(file, context);
    if (summary.runs === 0)
      context.output.warn(
        `no run is in the ${summary.lines.read} lines that were read: give the log of the poll function, at the level info`,
      );
    const html = reportPage(summary, {
      now: context.clock.now(),
      ...(title === undefined ? {} : { title }),
    });
    await writePage(out, html, factsOf(summary), context);
    return EXIT.ok;
  },
});

async function readLog(file: string | undefined, { stdin, cwd }: Context): Promise<LogSummary> {
  if (file === undefined || file === '-') {
    if (file === undefined && stdin.isTTY === true)
      throw new UsageError('there is no log to read: name a file, or "-" for standard input');
    return summarizeLog(stdin);
  }
  const path = resolve(cwd, file);
  const chunks: AsyncIterable<Uint8Array> = createReadStream(path);
  // Errors of the file system alone name a call of it.
  return summarizeLog(chunks).catch((error: unknown) => {
    if (typeof error !== 'object' || error === null || !('syscall' in error)) throw error;
    throw new UsageError(`the log ${path} cannot be read (${codeOf(error)})`);
  });
}

function factsOf({
  period,
  runs,
  finished,
  deadLettered,
  lines,
}: LogSummary): Readonly<Record<string, unknown>> {
  return {
    from: period === undefined ? null : new Date(period.from).toISOString(),
    to: period === undefined ? null : new Date(period.to).toISOString(),
    runs,
    finished: Object.fromEntries(finished),
    deadLettered: Object.fromEntries(deadLettered),
    lines,
  };
}
