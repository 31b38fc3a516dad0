import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from './context.js';
import { UsageError } from './errors.js';

/** What stands for standard input, as a name and as a file. */
const STDIN = '-';

/**
 * What a command is to work on, one entry each: operands, and the lines of a file or of standard input. Lines are taken as they are, empty ones left out.
 *
 * @param what names the entries in messages, such as `objects`
 * @throws UsageError when there are none, or the file cannot be read
 */
export async function readList(
  operands: readonly string[],
  from: string | undefined,
  what: string,
  context: Pick<Context, 'stdin' | 'cwd'>,
): Promise<readonly string[]> {
  const entries: string[] = [];
  for (const operand of operands) {
    if (operand === STDIN) entries.push(...linesOf(await readAll(context.stdin)));
    else entries.push(operand);
  }
  if (from === STDIN) entries.push(...linesOf(await readAll(context.stdin)));
  else if (from !== undefined) entries.push(...linesOf(await readListFile(resolve(context.cwd, from))));
  if (entries.length > 0) return entries;
  throw new UsageError(
    operands.length === 0 && from === undefined
      ? `there is nothing to do: name ${what}, a list of them with --from, or "-" for standard input`
      : `there is nothing to do: the list of ${what} is empty`,
  );
}

async function readListFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`the list ${path} cannot be read (${codeOf(error)})`);
  }
}

async function readAll(stdin: Context['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** Node's name for what went wrong with a file. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : 'unknown error';
}
