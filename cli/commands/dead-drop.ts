import * as v from 'valibot';
import { flag } from '../args.js';
import { command } from '../command.js';
import { asked } from '../confirm.js';
import { checkChoice, choiceArgs, choose, declareChoice, withDeadLetters } from '../dead-letters.js';
import { UsageError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { READING } from './dead-list.js';
import { fateInJson, fateInWords, type Fate } from './dead-words.js';

/** So many are removed at a time. */
const AT_A_TIME = 100;

/** `docjob dead drop`: dead letters that nobody needs any more. */
export const deadDrop = command({
  name: 'drop',
  summary: 'remove dead letters for good',
  details:
    'Their jobs get no manifest. Asks on a terminal, and elsewhere wants --yes. With --json it prints a line for each, all that the dead letter said among ' +
    `it. Ends with 1 where one could not be removed. ${READING}`,
  examples: [
    { line: 'docjob dead drop d13cfd584cd9011ea820b597ad1785a2f', says: 'of one job' },
    {
      line: 'docjob dead drop --reason not-a-job --yes --json > dropped.jsonl',
      says: 'of one reason, without being asked, and with a record of them',
    },
  ],
  declare: (declared) => {
    declareChoice(declared);
    declared.option('--yes', 'do not ask');
  },
  args: v.object({ ...choiceArgs, yes: flag }),
  run: (args, context) => {
    checkChoice(args);
    const { output, signal, stdin } = context;
    if (!args.yes && stdin.isTTY !== true)
      throw new UsageError(
        'dead letters are removed for good: give --yes where there is no terminal to ask on',
      );
    return withDeadLetters(context, async (service) => {
      const { letters, missing } = await choose(args, service, context);
      let dropped = 0;
      if (letters.length > 0 && (args.yes || (await asked(`remove ${letters.length} for good?`, context)))) {
        for (let tried = 0; tried < letters.length && !signal.aborted; tried += AT_A_TIME) {
          output.progress(`${tried} of ${letters.length} dead letters`);
          for (const result of await service.deadLetters.remove(letters.slice(tried, tried + AT_A_TIME))) {
            const { letter } = result;
            const fate: Fate = result.ok
              ? { letter, what: 'dropped' }
              : { letter, what: 'failed', error: result.error };
            if (result.ok) dropped += 1;
            output.item({ ...fateInJson(fate), body: letter.body }, (style) => fateInWords(fate, style));
          }
        }
      }
      output.note(`${dropped} of ${letters.length} removed`);
      if (dropped < letters.length) return EXIT.foundWrong;
      return missing.length > 0 ? EXIT.notThere : EXIT.ok;
    });
  },
});
