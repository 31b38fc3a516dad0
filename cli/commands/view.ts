import * as v from 'valibot';
import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { after, hours, type Millis } from '../../lib/domain/units.js';
import { lambdaCredentials } from '../../lib/platform/stored-credentials.js';
import { duration, jobId } from '../args.js';
import { command } from '../command.js';
import { NotThereError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { declareSearch, searchArgs, searchFor } from '../manifest-search.js';
import { writePage } from '../output-file.js';
import { withService } from '../services.js';
import { openView } from '../view/index.js';

/** Long enough to look at the pictures, short enough for a file that is sent along. */
const VALID_FOR: Millis = hours(1);

/** `docjob view <jobId>`: a job and its pages, to look at. */
export const view = command({
  name: 'view',
  summary: 'write a page that shows a job and its pictures',
  details:
    'One HTML file that needs nothing but a browser. Its pictures are presigned URLs: whoever has the file sees them until they expire, which with a ' +
    'temporary key is when that does. The manifest is looked for as by docjob manifest. Ends with 5 where there is none.',
  examples: [
    {
      line: 'docjob view d13cfd584cd9011ea820b597ad1785a2f',
      says: 'into d13cfd584cd9011ea820b597ad1785a2f.html',
    },
    {
      line: 'docjob view d13cfd584cd9011ea820b597ad1785a2f --out pages.html --valid-for 1d',
      says: 'for whoever looks at it tomorrow morning',
    },
  ],
  declare: (declared) => {
    declareSearch(declared.argument('<jobId>', 'the ID that the create call returned'));
    declared
      .option('--out <file>', 'where to write it, "-" for standard output (default: <jobId>.html)')
      .option('--valid-for <duration>', 'how long its pictures can be seen (default: 1h)');
  },
  args: v.object({
    jobId,
    out: v.optional(v.pipe(v.string(), v.nonEmpty('the name of a file'))),
    validFor: v.optional(duration),
    ...searchArgs,
  }),
  run: async (args, context) => {
    const settings = await context.settings();
    return withService(context, async (service) => {
      const search = searchFor(args, service, settings);
      const location = await search.locate();
      const policy = {
        credentials: await lambdaCredentials(settings)(),
        now: context.clock.now(),
        validFor: args.validFor ?? VALID_FOR,
        endpoint: service.config.client.endpoints.cos,
      };
      const html = await openView(service.requester, location, policy).catch((error: unknown) => {
        if (!(error instanceof ServiceError) || error.serviceCode !== 'NoSuchKey') throw error;
        throw new NotThereError('no-manifest', search.about, error.requestId);
      });
      const { bucket, region, key } = location;
      const linksUntil = new Date(after(policy.now, policy.validFor)).toISOString();
      const facts = { jobId: args.jobId, linksUntil, manifest: { bucket, region, key } };
      await writePage(args.out ?? `${args.jobId}.html`, html, facts, context);
      return EXIT.ok;
    });
  },
});
