import fc from 'fast-check';
import type { EndedJob, JobFacts, PageInfo, SucceededJob } from '../../lib/doc-jobs/doc-job.js';
import { epochMs } from '../../lib/domain/units.js';
import { aJobId } from '../support/pending-jobs.js';

/** Any text at all, half surrogate pairs, control characters and line separators included. */
export const anyText = fc.string({
  unit: fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.constantFrom('/', '"', '\\', '\0', '\u2028', '\ud83d', '\ude00', '\ufeff') },
  ),
  maxLength: 12,
});

const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });

const anyTime = fc.nat(4_000_000_000).map((unixSeconds) => {
  const at = epochMs(unixSeconds * 1_000);
  // The offset is kept, not applied: eight hours are added to the digits for it.
  const local = new Date(at + 8 * 3_600_000).toISOString();
  return { iso: local.replace('.000Z', '+08:00'), at };
});

/** Small numbers, so that pages often tie on some of their fields. */
const anyNumber = fc.nat(3);

const anyPage: fc.Arbitrary<PageInfo> = fc.record({
  pageNo: anyNumber,
  tgtUri: fc.oneof(fc.constantFrom('a', '/a', '//a', 'b'), anyText),
  picIndex: orNull(anyNumber),
  picNum: orNull(anyNumber),
  sheetPics: orNull(anyNumber),
});

const facts = {
  jobId: fc.nat().map(aJobId),
  code: orNull(anyText),
  message: orNull(anyText),
  tag: orNull(anyText),
  queueId: orNull(anyText),
  inputObject: orNull(anyText),
  output: orNull(fc.record({ bucket: anyText, region: anyText, object: anyText })),
  userData: orNull(anyText),
  creationTime: orNull(anyTime),
  startTime: orNull(anyTime),
  endTime: orNull(anyTime),
} satisfies { readonly [Field in keyof JobFacts]: fc.Arbitrary<JobFacts[Field]> };

const anyCount = orNull(fc.nat());

export const anySucceededJob: fc.Arbitrary<SucceededJob> = fc.record({
  ...facts,
  state: fc.constant('Success'),
  counts: fc.record({ total: anyCount, succeeded: anyCount, failed: anyCount, sheets: anyCount }),
  pages: fc.array(anyPage, { maxLength: 12 }),
});

export const anyEndedJob: fc.Arbitrary<EndedJob> = fc.oneof(
  anySucceededJob,
  fc.record({ ...facts, state: fc.constantFrom('Failed', 'Cancel') }),
);
