import type { Command as Declared } from 'commander';
import * as v from 'valibot';
import type { DeadLetterRecord, DeadLetters } from '../lib/queue/dead-letters.js';
import { openDeadLetters } from '../lib/queue/open-dead-letters.js';
import { flag } from './args.js';
import type { Context } from './context.js';
import { UsageError } from './errors.js';
import { noDeadline, withQueue, type QueueService } from './services.js';

/** What commands that work on dead letters have. */
export interface DeadLetterService extends QueueService {
  readonly deadLetters: DeadLetters;
}

/** Does `work` with the dead letters and their queue, and gives back what was read and is still there. */
export async function withDeadLetters<T>(
  context: Context,
  work: (service: DeadLetterService) => Promise<T>,
): Promise<T> {
  return withQueue(context, async (service) => {
    const { config, effects } = service;
    const deadLetters = await openDeadLetters(config.queue, { ...effects, deadline: noDeadline(context) });
    try {
      return await work({ ...service, deadLetters });
    } finally {
      await deadLetters.close();
    }
  });
}

/** Which dead letters are meant: operands, `--all` or `--reason`. What a command's `args` has for them. */
export const choiceArgs = {
  ids: v.optional(v.array(v.pipe(v.string(), v.nonEmpty('a job ID, or the ID of a dead letter'))), []),
  all: flag,
  reason: v.optional(v.string()),
};

/** Declares them. */
export function declareChoice(declared: Declared): void {
  declared
    .argument('[ids...]', 'job IDs, or IDs of dead letters as docjob dead list --json tells them')
    .option('--all', 'all dead letters')
    .option('--reason <reason>', 'those that were given up for this reason');
}

/** As it was given. */
interface Given {
  readonly ids: readonly string[];
  readonly all: boolean;
  readonly reason?: string | undefined;
}

/** Dead letters that were chosen, and what was named and is not there. */
export interface Chosen {
  readonly letters: readonly DeadLetterRecord[];
  readonly missing: readonly string[];
}

/** Reads all dead letters, or until those that are named by their own IDs are found, and keeps those that are meant. @throws UsageError when it is not said which, or said twice */
export async function choose(
  given: Given,
  { deadLetters }: DeadLetterService,
  context: Context,
): Promise<Chosen> {
  const { ids, reason } = given;
  const isMeant = (letter: DeadLetterRecord): boolean =>
    ids.length > 0 ? ids.some((id) => isNamed(letter, id)) : reason === undefined || letter.reason === reason;
  const letters: DeadLetterRecord[] = [];
  let read = 0;
  for await (const letter of deadLetters.read(context.signal)) {
    read += 1;
    context.output.progress(`${read} dead letters read, ${letters.length} of them meant`);
    if (!isMeant(letter)) continue;
    letters.push(letter);
    // Of a job there may be more than one; of a letter's own ID there is not.
    if (ids.length > 0 && ids.every((id) => letters.some((found) => found.id === id))) break;
  }
  const missing = ids.filter((id) => !letters.some((letter) => isNamed(letter, id)));
  for (const id of missing) context.output.warn(`there is no dead letter of ${id}`);
  return { letters, missing };
}

/** @throws UsageError when it is not said which dead letters are meant, or said in two ways */
export function checkChoice({ ids, all, reason }: Given): void {
  const ways = [ids.length > 0, all, reason !== undefined].filter(Boolean).length;
  if (ways === 0) throw new UsageError('there is nothing to do: name jobs, or give --all or --reason');
  if (ways > 1) throw new UsageError('job IDs, --all and --reason cannot go together: give one of them');
}

/** Whether a letter is of this job, or has this ID itself. */
export function isNamed({ id, content }: DeadLetterRecord, name: string): boolean {
  return id === name || (content.kind === 'job' && content.job.jobId === name);
}
