import * as v from 'valibot';
import { millis } from '../../lib/domain/units.js';
import { redriven, type DeadLetterRecord } from '../../lib/queue/dead-letters.js';
import { flag } from '../args.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import {
  checkChoice,
  choiceArgs,
  choose,
  declareChoice,
  withDeadLetters,
  type DeadLetterService,
} from '../dead-letters.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { READING } from './dead-list.js';
import { fateInJson, fateInWords, type Fate } from './dead-words.js';

/** So many are sent back at a time: enough for the queue's batches, few enough for Ctrl-C. */
const AT_A_TIME = 100;

/** `docjob dead redrive`: jobs that were given up go back into the queue. */
export const deadRedrive = command({
  name: 'redrive',
  summary: 'send jobs that were given up back into the queue',
  details:
    'Once the cause is mended. A job goes back as it was, with its age counting anew; its dead letter is removed once the queue has it, so that a crash ' +
    `in between leaves both, and never neither. What holds no job cannot go back. Ends with 1 where one did not go back. ${READING}`,
  examples: [
    { line: 'docjob dead redrive d13cfd584cd9011ea820b597ad1785a2f', says: 'one job' },
    { line: 'docjob dead redrive --reason manifest-failed --dry-run', says: 'what would be done' },
    { line: 'docjob dead redrive --all', says: 'all that hold a job' },
  ],
  declare: (declared) => {
    declareChoice(declared);
    declared.option('--dry-run', 'print what would be done, and do none of it');
  },
  args: v.object({ ...choiceArgs, dryRun: flag }),
  run: (args, context) => {
    checkChoice(args);
    return withDeadLetters(context, async (service) => {
      const { letters, missing } = await choose(args, service, context);
      const { output, signal } = context;
      let done = 0;
      for (let tried = 0; tried < letters.length && !signal.aborted; tried += AT_A_TIME) {
        output.progress(`${tried} of ${letters.length} dead letters`);
        const fates = await redrive(letters.slice(tried, tried + AT_A_TIME), args.dryRun, service, context);
        for (const fate of fates) output.item(fateInJson(fate), (style) => fateInWords(fate, style));
        done += fates.filter(({ what }) => what === 'redriven' || what === 'would redrive').length;
      }
      output.note(
        `${done} of ${letters.length} ${args.dryRun ? 'would be sent back; nothing was changed' : 'sent back'}`,
      );
      return exitCodeOf(done, letters, missing);
    });
  },
});

async function redrive(
  letters: readonly DeadLetterRecord[],
  isDry: boolean,
  { config, queue, deadLetters }: DeadLetterService,
  { clock }: Context,
): Promise<readonly Fate[]> {
  const refusals = letters.map((letter) => refusalOf(letter, config.run.isAllowedBucket));
  const fates: Fate[] = refusals.filter((fate) => fate !== undefined);
  const fit = letters.filter((_, index) => refusals[index] === undefined);
  if (isDry) return [...fates, ...fit.map((letter): Fate => ({ letter, what: 'would redrive' }))];
  const now = clock.now();
  const sendable = fit.flatMap((letter) =>
    letter.content.kind === 'job' ? [{ letter, job: redriven(letter.content.job, letter, now) }] : [],
  );
  const results = await queue.enqueue(
    sendable.map(({ job }) => job),
    millis(0),
  );
  const sent: DeadLetterRecord[] = [];
  for (const [index, { letter }] of sendable.entries()) {
    const result = results[index];
    if (result?.ok === true) sent.push(letter);
    else fates.push({ letter, what: 'failed', error: result?.error });
  }
  for (const result of await deadLetters.remove(sent)) {
    const { letter } = result;
    if (result.ok) fates.push({ letter, what: 'redriven' });
    else fates.push({ letter, what: 'kept', why: BOTH, error: result.error });
  }
  return fates;
}

const BOTH = 'the job went back, but its dead letter is still there: drop it';

/** Why a letter cannot go back, and what to do then. */
function refusalOf(
  letter: DeadLetterRecord,
  isAllowedBucket: DeadLetterService['config']['run']['isAllowedBucket'],
): Fate | undefined {
  const { content } = letter;
  if (content.kind === 'not-a-job') {
    const why = `${content.problem}; docjob dead show has what it holds: enqueue the job that was meant, then drop it`;
    return { letter, what: 'refused', why };
  }
  const { bucket } = content.job;
  if (isAllowedBucket(bucket)) return undefined;
  return {
    letter,
    what: 'refused',
    why: `its bucket ${bucket} is not allowed: add it to ALLOWED_BUCKETS, here and where the poller runs`,
  };
}

function exitCodeOf(done: number, letters: readonly unknown[], missing: readonly unknown[]): ExitCode {
  if (done < letters.length) return EXIT.foundWrong;
  return missing.length > 0 ? EXIT.notThere : EXIT.ok;
}
