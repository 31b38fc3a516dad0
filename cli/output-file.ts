import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Context } from './context.js';
import { UsageError } from './errors.js';
import { codeOf } from './lists.js';

/** What stands for standard output, as the name of a file. */
const STDOUT = '-';

/** Whoever has a page may see the pictures that it links to: a new file is its owner's alone (POSIX, `S_IRUSR | S_IWUSR`). */
const OWNER_ONLY = 0o600;

/**
 * Writes a page to a file, over whatever was there, and then tells so; or to standard output, and nothing else then.
 *
 * @param facts what is told about it beside its name and size: the result of the command
 * @throws UsageError when it cannot be written, or when `--json` would have standard output, too
 */
export async function writePage(
  out: string,
  html: string,
  facts: Readonly<Record<string, unknown>>,
  { cwd, output }: Pick<Context, 'cwd' | 'output'>,
): Promise<void> {
  if (out === STDOUT) {
    if (output.isJson) throw new UsageError('--out - cannot go with --json: both want standard output');
    output.text(html);
    return;
  }
  const file = resolve(cwd, out);
  try {
    await writeFile(file, html, { mode: OWNER_ONLY });
  } catch (error) {
    throw new UsageError(`the page cannot be written to ${file} (${codeOf(error)})`);
  }
  output.result(
    { file, bytes: Buffer.byteLength(html), ...facts },
    ({ green }) => `${green('written')}  ${file}`,
  );
}
