import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command as Declared } from 'commander';
import type { DocJobOptions } from '../lib/doc-jobs/create-options.js';
import { UsageError } from './errors.js';
import { codeOf } from './lists.js';

/** The options of CI's create call (docs/submitting.md), as options of the command line. What lib/ says about their values is said there, for each document. */

/** Flag, kind and help of each; a password must not stand on a command line, and what is no plain value only in a list. */
const OPTIONS = {
  sourceType: ['--source-type <suffix>', 'text', 'what the document is, for a key without a suffix'],
  targetType: ['--target-type <type>', 'text', 'jpg, png or pdf (default: TARGET_TYPE)'],
  startPage: ['--start-page <n>', 'number', 'the first page'],
  endPage: ['--end-page <n>', 'number', 'the last page; -1 is the last one'],
  pageRanges: ['--page-ranges <list>', 'text', 'pages such as 1,2-4,7, instead of a start and an end'],
  sheetId: ['--sheet-id <n>', 'number', 'spreadsheets: the sheet; 0 is all'],
  paperDirection: ['--paper-direction <n>', 'number', 'spreadsheets: 0 upright, 1 across'],
  paperSize: ['--paper-size <n>', 'number', 'spreadsheets: 0 A4, 1 A2, 2 A0'],
  imageParams: ['--image-params <text>', 'text', 'image processing for each picture'],
  quality: ['--quality <percent>', 'number', 'of the pictures, 1 to 100'],
  zoom: ['--zoom <percent>', 'number', 'of the pictures, 10 to 200'],
  imageDpi: ['--image-dpi <n>', 'number', 'of the pictures, 96 to 600'],
  picPagination: ['--pic-pagination <n>', 'number', '1: one long picture, of 20 pages at most'],
  comments: ['--comments <n>', 'number', '0 hides comments, 1 shows them'],
  jobLevel: ['--job-level <n>', 'number', '0, 1 or 2: the higher, the sooner'],
  queueId: ['--queue-id <id>', 'text', 'the CI queue (default: CI_QUEUE_ID)'],
  userData: ['--user-data <text>', 'text', 'stands in the manifest; a unique one of ours if left out'],
  callBack: ['--call-back <url>', 'text', 'what CI calls at the end, or no'],
  callBackFormat: ['--call-back-format <format>', 'text', 'XML or JSON'],
  callBackType: ['--call-back-type <type>', 'text', 'Url or TDMQ'],
} as const satisfies Record<
  Exclude<keyof DocJobOptions, 'docPassword' | 'callBackMqConfig'>,
  readonly [flags: string, kind: 'text' | 'number', help: string]
>;

/** The fields of a document that options of the command line say. */
export interface DocumentFields extends Readonly<Record<string, unknown>> {
  readonly output?: Readonly<Record<string, unknown>>;
}

/** Declares them all. */
export function declareDocumentOptions(declared: Declared): void {
  for (const [flags, , help] of Object.values(OPTIONS)) declared.option(flags, help);
  declared
    .option('--doc-password-file <file>', 'a file that holds the password of the documents, and nothing else')
    .option(
      '--output-bucket <name>',
      'where the pictures go (default: OUTPUT_BUCKET, else the source bucket)',
    )
    .option('--output-region <name>', 'its region')
    .option(
      '--output-object <template>',
      'the keys of the pictures (default: OUTPUT_OBJECT, for spreadsheets OUTPUT_OBJECT_SHEETS)',
    );
}

/**
 * What was given of them, as a document of lib/submit has it; what is wrong with the values, that says.
 *
 * @throws UsageError for what is no number where one is due, and for a password file that cannot be read
 */
export async function readDocumentFields(
  args: Readonly<Record<string, unknown>>,
  cwd: string,
): Promise<DocumentFields> {
  const options = Object.entries(OPTIONS).flatMap(([name, [flags, kind]]) => {
    const value = args[name];
    return typeof value === 'string'
      ? [[name, kind === 'number' ? wholeNumber(flags, value) : value] as const]
      : [];
  });
  const { docPasswordFile, outputBucket, outputRegion, outputObject } = args;
  const output = withoutUndefined({ bucket: outputBucket, region: outputRegion, object: outputObject });
  return {
    ...Object.fromEntries(options),
    ...(typeof docPasswordFile === 'string'
      ? { docPassword: await readPassword(resolve(cwd, docPasswordFile)) }
      : {}),
    ...(Object.keys(output).length === 0 ? {} : { output }),
  };
}

function wholeNumber(flags: string, value: string): number {
  if (/^-?\d{1,9}$/.test(value)) return Number(value);
  throw new UsageError(`${flags.replace(/ .*/, '')} is ${JSON.stringify(value)}: expected a whole number`);
}

/** Without the newline that editors put at the end of a file. */
async function readPassword(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageError(`the password file ${path} cannot be read (${codeOf(error)})`);
  }
}

function withoutUndefined(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
