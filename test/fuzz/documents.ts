import { fixture, JOB_ID } from '../doc-jobs/answers.js';
import type { Random } from './random.js';

/** The documented answers. */
const DOCUMENTED = ['excel.xml', 'non-excel.xml', 'missing.xml', 'pending.xml', 'failed.xml'].map((name) =>
  fixture(name).toString('latin1'),
);

const STATES = [
  'Success',
  'Success',
  'Success',
  'Failed',
  'Cancel',
  'Running',
  'Submitted',
  'Pause',
  'Exploded',
] as const;

const CODES = [
  'SlowDown',
  'AccessDenied',
  'InternalError',
  'NoSuchBucket',
  'SignatureExpired',
  'AuditingJobNotFound',
  'x',
] as const;

/** A body as the service might send it, bytes as Latin-1: documented, made up, or an error. */
export function aDocument(random: Random): string {
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return random.pick(DOCUMENTED as [string, ...string[]]); // five of them
    case 3:
      return `<Error><Code>${random.pick(CODES)}</Code><Message>no</Message><RequestId>NjA=</RequestId></Error>`;
    default:
      return aJob(random);
  }
}

/** Another answer, for splices. */
export function anotherDocument(random: Random): string {
  return aDocument(random).replaceAll(JOB_ID, random.oneIn(2) ? JOB_ID : 'd0000000000000000000000000000000f');
}

/** An answer about a job, its counts and its pages mostly in agreement. */
function aJob(random: Random): string {
  const pages = random.oneIn(20) ? random.below(400) : random.below(6);
  const counted = random.oneIn(4) ? random.below(9) : pages;
  const list = Array.from({ length: pages }, (_, index) =>
    aPage(random, random.oneIn(15) ? index : index + 1),
  );
  const counts = [
    `<TotalPageCount>${counted}</TotalPageCount>`,
    random.oneIn(8) ? '' : `<SuccPageCount>${counted}</SuccPageCount>`,
    `<FailPageCount>0</FailPageCount>`,
  ];
  const result = random.oneIn(2) ? [...list, ...counts] : [...counts, ...list];
  const end = random.oneIn(6) ? '-' : `2026-01-01T0${random.below(10)}:0${random.below(10)}:00+0800`;
  return (
    `${random.oneIn(2) ? '<?xml version="1.0" encoding="UTF-8"?>\n' : ''}<Response><JobsDetail>` +
    `<Code>Success</Code><JobId>${JOB_ID}</JobId><State>${random.pick(STATES)}</State>` +
    `<CreationTime>2025-12-31T23:00:00+0800</CreationTime><EndTime>${end}</EndTime>` +
    `<Operation><Output><Bucket>pictures-1250000000</Bucket><Region>ap-guangzhou</Region><Object>o/\${Number}</Object></Output>` +
    `<DocProcessResult>${result.join('')}</DocProcessResult></Operation></JobsDetail>` +
    `${random.oneIn(10) ? '<NonExistJobIds/>' : ''}</Response>`
  );
}

function aPage(random: Random, pageNo: number): string {
  const sheet = random.oneIn(3)
    ? `<PicIndex>${pageNo}</PicIndex><PicNum>1</PicNum><X-SheetPics>1</X-SheetPics>`
    : '';
  return `<PageInfo><PageNo>${pageNo}</PageNo>${sheet}<TgtUri>o/${pageNo}.png</TgtUri></PageInfo>`;
}
