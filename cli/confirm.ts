import { abortable } from '../lib/queue/abortable.js';
import type { Context } from './context.js';

/** Asks on a terminal; anything but a yes is a no. Rejects with the signal's reason when that aborts. */
export async function asked(question: string, { output, stdin, signal }: Context): Promise<boolean> {
  output.note(`${question} [y/N]`);
  const answer = await abortable(firstLine(stdin), signal);
  return /^y(?:es)?$/i.test(answer.trim());
}

async function firstLine(stdin: Context['stdin']): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.includes('\n')) break;
  }
  return text.split('\n', 1).join('');
}
