import * as v from 'valibot';
import { poll } from '../../functions/poll/function.js';
import { seconds } from '../../lib/domain/units.js';
import { wholeNumber } from '../args.js';
import { command } from '../command.js';
import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';
import { EXIT } from '../exit-codes.js';
import { safe, type Style } from '../style.js';
import { withoutSecrets } from '../variables.js';

/** What a line begins with, on a terminal and elsewhere. */
const MARKS = {
  ok: ['✓', 'ok'],
  warning: ['!', 'warning'],
  problem: ['✗', 'problem'],
  skipped: ['-', 'skipped'],
} as const satisfies Record<Finding['outcome'], readonly [sign: string, word: string]>;

/** `docjob doctor`: whether everything is there that docjob needs. */
export const doctor = command({
  name: 'doctor',
  summary: 'check settings, key, clock, buckets, CI, permissions and queues',
  details:
    'Prints a line for each check, with what to do; with --json a line of JSON each. Ends with 1 on any problem; warnings do not count. ' +
    'Writes a test object beside the manifests and removes it, and receives one message of SQS, which it leaves in the queue; with --no-write neither.',
  examples: [
    { line: 'docjob doctor', says: 'as the key in the environment sees it' },
    {
      line: 'docjob doctor --profile prod --no-write --json',
      says: 'without touching anything, for a script',
    },
  ],
  declare: (declared) => {
    declared
      .option(
        '--function-timeout <seconds>',
        'how long the poll function may run',
        String(poll.timeoutSeconds),
      )
      .option('--no-write', 'write no test object and receive no message');
  },
  args: v.object({ functionTimeout: wholeNumber(1, 900), write: v.boolean() }),
  run: async ({ functionTimeout, write }, context) => {
    const { output, stdout } = context;
    const counts = { ok: 0, warning: 0, problem: 0, skipped: 0 };
    const settings = await context.settings().catch(() => context.env);
    const isTerminal = stdout.isTTY === true;
    await examine(context, { functionTimeout: seconds(functionTimeout), isWriting: write }, (finding) => {
      counts[finding.outcome] += 1;
      const clean = withoutSecretsIn(finding, (text) => withoutSecrets(text, settings));
      output.item(clean, (style) => inWords(clean, style, isTerminal));
    });
    output.note(
      `problems: ${counts.problem}, warnings: ${counts.warning}, as it should be: ${counts.ok}, not looked at: ${counts.skipped}`,
    );
    return counts.problem > 0 ? EXIT.foundWrong : EXIT.ok;
  },
});

function withoutSecretsIn(finding: Finding, clean: (text: string) => string): Finding {
  switch (finding.outcome) {
    case 'ok':
      return { ...finding, found: clean(finding.found) };
    case 'warning':
    case 'problem':
      return { ...finding, found: clean(finding.found), advice: clean(finding.advice) };
    case 'skipped':
      return { ...finding, reason: clean(finding.reason) };
  }
}

function inWords(finding: Finding, style: Style, isTerminal: boolean): string {
  const [sign, word] = MARKS[finding.outcome];
  const dress = { ok: style.green, warning: style.yellow, problem: style.red, skipped: style.dim }[
    finding.outcome
  ];
  const mark = dress(isTerminal ? sign : word.padEnd('problem'.length));
  return `${mark}  ${style.dim(finding.check.padEnd('credentials'.length))}  ${safe(textOf(finding))}`;
}

function textOf(finding: Finding): string {
  switch (finding.outcome) {
    case 'ok':
      return finding.found;
    case 'warning':
    case 'problem':
      return `${finding.found} → ${finding.advice}`;
    case 'skipped':
      return finding.reason;
  }
}
