import * as v from 'valibot';
import { command } from '../command.js';
import { isNamed, withDeadLetters } from '../dead-letters.js';
import { NotThereError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { READING } from './dead-list.js';
import { letterInFull, letterInJson } from './dead-words.js';

/** `docjob dead show <id>`: all that a dead letter says. */
export const deadShow = command({
  name: 'show',
  summary: 'show all that the dead letters of a job say',
  details: `The message itself is among it. Ends with 5 where the job has none. ${READING}`,
  examples: [
    { line: 'docjob dead show d13cfd584cd9011ea820b597ad1785a2f', says: 'of a job' },
    {
      line: 'docjob dead show 5fea7756-0ea4-451a-a703-a558b933e274 --json',
      says: 'of what holds no job, by its own ID',
    },
  ],
  declare: (declared) => {
    declared.argument('<id>', 'a job ID, or the ID of a dead letter as docjob dead list tells it');
  },
  args: v.object({ id: v.pipe(v.string(), v.nonEmpty('a job ID, or the ID of a dead letter')) }),
  run: ({ id }, context) =>
    withDeadLetters(context, async ({ config, deadLetters }) => {
      let count = 0;
      for await (const letter of deadLetters.read(context.signal)) {
        if (!isNamed(letter, id)) continue;
        count += 1;
        context.output.item({ ...letterInJson(letter), body: letter.body }, (style) =>
          letterInFull(letter, style),
        );
        // Of a job there may be more than one.
        if (letter.id === id) break;
      }
      if (count > 0) return EXIT.ok;
      throw new NotThereError(
        'no-dead-letter',
        `there is no dead letter of ${id} in ${config.queue.deadLetters.url}`,
      );
    }),
});
