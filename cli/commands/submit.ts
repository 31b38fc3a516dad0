import { openQueue } from '../../lib/queue/open-queue.js';
import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import * as v from 'valibot';
import { CosClient } from '../../lib/cos/client.js';
import { looksAtATime } from '../../lib/poller/budget.js';
import { parseSubmitConfig, type SubmitConfig } from '../../lib/submit/config.js';
import { readDocument } from '../../lib/submit/document.js';
import type { SubmitResult } from '../../lib/submit/result.js';
import { Submitter } from '../../lib/submit/submitter.js';
import { callUserData } from '../../lib/submit/user-data.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { declareDocumentOptions, readDocumentFields, type DocumentFields } from '../document-options.js';
import { UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { readList } from '../lists.js';
import { commandLog } from '../log.js';
import { noDeadline, withEffects } from '../services.js';
import { declareSource, sourceArgs } from '../source.js';
import { safe, type Style } from '../style.js';

/** `docjob submit`: documents become jobs, and the jobs go into the queue. */
export const submit = command({
  name: 'submit',
  summary: 'make the jobs of documents and put them into the queue',
  details:
    'Takes keys, or documents such as {"object":"a.docx","imageDpi":150} with the fields of docs/submitting.md, one a line in a list; a field there goes ' +
    'before the option here. Each result is printed as it comes, with --json as a line of JSON. Ctrl-C lets what was begun be finished. A lost answer is looked ' +
    'up and not repeated blindly; but a document that is submitted twice gets two jobs.',
  examples: [
    { line: 'docjob submit report.docx books/plan.xlsx', says: 'two documents of SOURCE_BUCKET' },
    {
      line: 'docjob submit --from documents.txt --target-type png --image-dpi 150',
      says: 'a list, one key a line',
    },
    {
      line: `docjob submit '{"object":"plan.xlsx","sheetId":2}' --output-object 'plans/\${SheetID}/\${Number}.jpg'`,
      says: 'one with options of its own',
    },
    {
      line: `cat keys.txt | docjob submit - --json | jq -r 'select(.ok).jobId'`,
      says: 'from standard input, to the IDs',
    },
  ],
  declare: (declared) => {
    declareSource(declared.argument('[objects...]', 'keys or documents, or "-" for standard input'));
    declared.option('--from <file>', 'a list of keys or documents, one a line');
    declareDocumentOptions(declared);
  },
  args: v.looseObject({
    objects: v.optional(v.array(v.string()), []),
    from: v.optional(v.string()),
    ...sourceArgs,
  }),
  run: async (args, context) => {
    const entries = await readList(args.objects, args.from, 'objects', context);
    const { bucket, region } = args;
    const place = bucket === undefined && region === undefined ? {} : { bucket, region };
    const fields = { ...place, ...(await readDocumentFields(args, context.cwd)) };
    const documents = entries.map((entry, index) => documentOf(entry, index, fields));
    return submitAll(documents, parseSubmitConfig(await context.settings()), context);
  },
});

/** An entry that begins with a brace is JSON: a key that does must be written so. */
function documentOf(entry: string, index: number, fields: DocumentFields): unknown {
  if (!entry.trimStart().startsWith('{')) return { ...fields, object: entry };
  const read = v.safeParse(v.pipe(v.string(), v.parseJson(), v.looseObject({})), entry);
  if (!read.success)
    throw new UsageError(
      `nothing was submitted, since document ${index + 1} of the list begins with "{" but is not JSON`,
    );
  const { output } = read.output;
  // The place of the pictures is one field to lib/, and several options here.
  const isPlace = typeof output === 'object' && output !== null;
  return { ...fields, ...read.output, ...(isPlace ? { output: { ...fields.output, ...output } } : {}) };
}

async function submitAll(
  documents: readonly unknown[],
  config: SubmitConfig,
  context: Context,
): Promise<ExitCode> {
  const { output, clock, random, options } = context;
  const { client, concurrency, schedule } = config;
  return withEffects(context, concurrency, async (effects) => {
    const deadline = noDeadline(context);
    // Not the context's: a create that is cut off leaves a job that may be there or not.
    const signal = new AbortController().signal;
    const requester = new CosClient(client, effects, { deadline, signal });
    const queue = await openQueue(config.queue, { ...effects, deadline });
    try {
      const submitter = new Submitter(
        {
          requester,
          serviceNow: () => requester.now(),
          clock,
          random,
          queue,
          // What it warns of is in the results already.
          log: options.verbose ? effects.log : commandLog('error', output, clock),
        },
        { deadline, attemptTimeout: client.attemptTimeout, schedule },
      );
      const results = await submitEach(documents, { submitter, config }, context);
      const failed = results.filter(({ ok }) => !ok).length;
      output.note(`${results.length - failed} of ${documents.length} documents submitted, ${failed} failed`);
      // Nothing could fare better: the key or the queue is refused.
      if (submitter.obstacle !== undefined) return EXIT.unusable;
      return failed === 0 && results.length === documents.length ? EXIT.ok : EXIT.foundWrong;
    } finally {
      await queue.close();
    }
  });
}

async function submitEach(
  documents: readonly unknown[],
  { submitter, config }: { readonly submitter: Submitter; readonly config: SubmitConfig },
  { output, signal }: Context,
): Promise<readonly SubmitResult[]> {
  const callId = randomUUID();
  const results: SubmitResult[] = [];
  await pMap(
    documents,
    async (given, index) => {
      if (signal.aborted) return;
      const read = readDocument(given, config.defaults, config.rules, ({ bucket }, object) =>
        callUserData(callId, index, bucket, object),
      );
      const result =
        read.kind === 'document'
          ? await submitter.submit(read.document)
          : submitter.refuse(read.object, read.error);
      results.push(result);
      output.item(result, (style) => inWords(result, style));
      output.progress(`${results.length} of ${documents.length} documents`);
    },
    { concurrency: looksAtATime(config.concurrency, config.client) },
  );
  return results;
}

function inWords(result: SubmitResult, { green, red, dim }: Style): string {
  const object = safe(result.object ?? '');
  if (result.ok)
    return `${green('submitted')}  ${result.jobId}  ${object}${result.existing ? dim('  (made before)') : ''}`;
  const { code, message } = result.error;
  return `${red('failed')}     ${object}  ${safe(message)} [${safe(code)}]`;
}
