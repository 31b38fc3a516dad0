import * as v from 'valibot';
import { waitUntilThere } from '../../lib/consumer/wait-until-there.js';
import { between, minutes, type Millis } from '../../lib/domain/units.js';
import type { Manifest } from '../../lib/manifest/index.js';
import { duration, flag, jobId } from '../args.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { NotThereError, UsageError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { declareSearch, searchArgs, searchFor, type Found, type ManifestSearch } from '../manifest-search.js';
import { withService } from '../services.js';
import { summaryInWords, summaryOf } from './manifest-words.js';

const TIMEOUT: Millis = minutes(15);

/** `docjob manifest <jobId>`: the manifest of a job, or its summary. */
export const manifest = command({
  name: 'manifest',
  summary: 'print the manifest of a job, and wait for it if need be',
  details:
    'Prints the manifest as it is stored, or its summary. It is looked for where MANIFEST_KEY puts it, in the output bucket that CI tells; if CI no longer ' +
    'knows the job, in OUTPUT_BUCKET or else the source bucket. Ends with 0 for a job that succeeded with all its pages, with 1 for any other, and with 5 ' +
    'where there is no manifest.',
  examples: [
    { line: 'docjob manifest d13cfd584cd9011ea820b597ad1785a2f', says: 'the manifest' },
    {
      line: 'docjob manifest d13cfd584cd9011ea820b597ad1785a2f --wait --timeout 30m --summary',
      says: 'wait for it, and say in a few lines what is in it',
    },
    {
      line: 'docjob manifest d13cfd584cd9011ea820b597ad1785a2f --output-bucket pages-1250000000 --output-region ap-beijing',
      says: 'without asking CI where it is',
    },
  ],
  declare: (declared) => {
    declareSearch(declared.argument('<jobId>', 'the ID that the create call returned'));
    declared
      .option('--wait', 'wait until it is there')
      .option('--timeout <duration>', 'with --wait: for how long (default: 15m)')
      .option('--summary', 'a few lines about it instead');
  },
  args: v.object({
    jobId,
    wait: flag,
    timeout: v.optional(duration),
    summary: flag,
    ...searchArgs,
  }),
  run: async (args, context) => {
    if (args.timeout !== undefined && !args.wait) throw new UsageError('--timeout is for --wait');
    const settings = await context.settings();
    return withService(context, async (service) => {
      const search = searchFor(args, service, settings);
      const found = args.wait ? await waitFor(search, args.timeout ?? TIMEOUT, context) : await search.look();
      if (found === undefined) throw new NotThereError('no-manifest', search.about);
      const { manifest: read, location, text } = found;
      if (args.summary)
        context.output.result(summaryOf(read, location), (style) => summaryInWords(read, location, style));
      else context.output.text(text);
      return exitCodeOf(read);
    });
  },
});

async function waitFor(search: ManifestSearch, timeout: Millis, context: Context): Promise<Found> {
  const { clock, signal, output } = context;
  const startedAt = clock.now();
  const secondsWaited = (): number => Math.round(between(startedAt, clock.now()) / 1_000);
  const look = async (): Promise<Found | undefined> => {
    const found = await search.look();
    if (found === undefined) output.progress(`waiting for ${secondsWaited()} s; ${search.about}`);
    return found;
  };
  const waited = await waitUntilThere(look, { timeout, signal }, context);
  if (waited.kind === 'there') return waited.value;
  if (waited.lastError !== undefined) throw waited.lastError;
  throw new NotThereError('no-manifest', `after ${secondsWaited()} s ${search.about}`);
}

function exitCodeOf({ job, complete }: Manifest): ExitCode {
  return job.state === 'Success' && complete ? EXIT.ok : EXIT.foundWrong;
}
