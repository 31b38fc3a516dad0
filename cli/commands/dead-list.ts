import * as v from 'valibot';
import { command } from '../command.js';
import { withDeadLetters } from '../dead-letters.js';
import { EXIT } from '../exit-codes.js';
import { letterInJson, letterInLine } from './dead-words.js';

/** What reading costs, for the help of all that read. */
export const READING =
  'On SQS reading is receiving: it counts as a receive, and what was read is given back at the end; on CMQ it is hidden from others until ' +
  "the queue's visibility timeout is over. In a bucket it is a listing and a GET for each.";

/** `docjob dead list`: the jobs that were given up. */
export const deadList = command({
  name: 'list',
  summary: 'list the jobs that were given up, and why',
  details: `Prints a line for each, with --json one of JSON. ${READING}`,
  examples: [
    { line: 'docjob dead list', says: 'all' },
    { line: 'docjob dead list --reason too-old --json', says: 'those of one reason, for a script' },
  ],
  declare: (declared) => {
    declared.option('--reason <reason>', 'those that were given up for this reason');
  },
  args: v.object({ reason: v.optional(v.string()) }),
  run: ({ reason }, context) =>
    withDeadLetters(context, async ({ deadLetters }) => {
      const { output, signal } = context;
      let count = 0;
      for await (const letter of deadLetters.read(signal)) {
        if (reason !== undefined && letter.reason !== reason) continue;
        count += 1;
        output.item(letterInJson(letter), (style) => letterInLine(letter, style));
      }
      output.note(count === 1 ? '1 dead letter' : `${count} dead letters`);
      return EXIT.ok;
    }),
});
