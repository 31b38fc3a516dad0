import { once } from 'node:events';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { text, wholeNumber } from '../args.js';
import { command } from '../command.js';
import { codeOf } from '../lists.js';
import { EXIT } from '../exit-codes.js';

/** `docjob cloud`: the embedded cloud, until Ctrl-C. */
export const cloud = command({
  name: 'cloud',
  summary: 'run the embedded cloud, to try things out without an account',
  details:
    'COS, CI, SQS and CMQ on 127.0.0.1 (docs/embedded-cloud.md), until Ctrl-C. Prints what to set, with --json as one JSON document once it is ready.',
  examples: [
    { line: 'docjob cloud', says: 'on a free port, its buckets in .docjob/cloud' },
    { line: 'docjob cloud --port 9000 --root /tmp/docjob-cloud --json', says: 'for a script' },
  ],
  declare: (declared) => {
    declared
      .option('--port <n>', 'the port on 127.0.0.1; 0 is a free one', '0')
      .option('--root <folder>', 'where its buckets are kept', '.docjob/cloud');
  },
  args: v.object({
    port: wholeNumber(0, 65_535),
    root: text('a folder', (folder) => (folder === '' ? undefined : folder)),
  }),
  run: async ({ port, root }, { cwd, output, signal }) => {
    // Loaded only now: no other command needs it.
    const { exampleInWords, startExample } = await import('../../local/example.js');
    const example = await startExample({ port, root: resolve(cwd, root) }).catch((error: unknown) => {
      throw new DocjobError(
        'cloud-not-started',
        `the cloud cannot be started on port ${port} with the folder ${root} (${codeOf(error)})`,
        { disposition: 'job', cause: error },
      );
    });
    const { origin, control } = example.cloud;
    const { settings } = example;
    output.result({ origin, buckets: control.buckets, settings }, () => exampleInWords(example, root));
    if (!signal.aborted) await once(signal, 'abort');
    await example.cloud.close();
    return EXIT.ok;
  },
});
