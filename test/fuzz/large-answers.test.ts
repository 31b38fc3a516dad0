import { describe, expect, test } from '@jest/globals';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { decodeDescribe, MAX_ANSWER_BYTES } from '../../lib/doc-jobs/decode.js';
import { answer, JOB_ID, jobsDetail } from '../doc-jobs/answers.js';

/** So often that it fills the largest answer that is decoded. */
const filling = (text: string, bytes = MAX_ANSWER_BYTES - 2_000): string =>
  text.repeat(Math.floor(bytes / Buffer.byteLength(text)));

const inText = (text: string, bytes?: number): string =>
  jobsDetail({ rest: `<X>${filling(text, bytes)}</X>` });
const inResult = (text: string): string => jobsDetail({ result: filling(text) });

function refusalOf(response: ReturnType<typeof answer>): string {
  try {
    decodeDescribe(response, JOB_ID);
  } catch (error) {
    if (error instanceof UndecodableError) return error.message;
    throw error;
  }
  throw new Error('it was decoded');
}

/** A reader that does more for a byte than it must is stopped by a small answer; see `test/cos/xml.test.ts` for what is refused at any size. */
describe('the largest answer that is decoded, made of nothing but one thing', () => {
  test.each<[what: string, body: () => string, problem: string]>([
    ['empty elements', () => inResult('<a/>'), 'more than 100000 elements'],
    [
      'pages',
      () => inResult('<PageInfo><PageNo>1</PageNo><TgtUri>o</TgtUri></PageInfo>'),
      'more than 100000 elements',
    ],
    [
      'elements as deep as is allowed',
      () => inResult('<a>'.repeat(50) + '</a>'.repeat(50)),
      'more than 100000 elements',
    ],
    ['elements between letters', () => inText('x<a/>'), 'more than 100000 elements'],
    ['elements ever deeper', () => inResult('<a>'), 'nested more than 64 deep'],
    ['attributes', () => jobsDetail({ rest: `<a${filling(' b="1"')}/>` }), 'begins no tag'],
    ['attributes without an end', () => jobsDetail({ rest: `<a b="${filling(' c=')}` }), 'begins no tag'],
    ['spaces in a tag without an end', () => jobsDetail({ rest: `<a${filling(' ')}!` }), 'begins no tag'],
    [
      'spaces in the value of an attribute',
      () => jobsDetail({ rest: `<a b="${filling(' ')}"/>` }),
      'begins no tag',
    ],
    ['spaces before the root, and no root', () => filling(' '), 'has no root'],
    [
      'spaces in the declaration',
      () => `<?xml version="1.0"${filling(' ')}?>${jobsDetail()}`,
      'processing instruction',
    ],
    [
      'spaces between the IDs of unknown jobs',
      () => `<Response><NonExistJobIds>x${filling(' ')}x</NonExistJobIds></Response>`,
      'says nothing about the job',
    ],
    ['a name', () => `<${filling('R')}/>`, 'begins no tag'],
    ['entities', () => `<!DOCTYPE R [${filling('<!ENTITY a "&b;&b;">')}]>${jobsDetail()}`, 'has a DOCTYPE'],
    ['ampersands', () => inText('&'), 'has a &'],
    ['references to entities', () => inText('&e;'), 'has a &'],
    ['comments that do not end', () => inResult('<!--x'), 'has a comment'],
    ['CDATA that does not end', () => inText('<![CDATA['), 'has a CDATA section'],
    [
      'digits of a count',
      () => jobsDetail({ result: `<SuccPageCount>${filling('9')}</SuccPageCount>` }),
      'is no count',
    ],
  ])('%s, is refused', (_what, body, problem) => {
    const response = answer(body());
    expect(response.body.length).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
    expect(refusalOf(response)).toContain(problem);
  });

  test('one byte more is refused unread', () => {
    const response = answer(Buffer.alloc(MAX_ANSWER_BYTES + 1, '<'));
    expect(() => decodeDescribe(response, JOB_ID)).toThrow(`more than the ${MAX_ANSWER_BYTES} allowed`);
  });

  test.each<[what: string, body: string]>([
    ['letters', inText('x', 1_000_000)],
    ['references', inText('&#x1F600;', 1_000_000)],
    ['CDATA sections', inText('<![CDATA[x]]>', 1_000_000)],
    ['comments', inText('x<!---->', 1_000_000)],
    ['white space', inText('\r\n', 1_000_000)],
  ])('%s, is only what it is', (_what, body) => {
    const { kind } = decodeDescribe(answer(body), JOB_ID);
    expect(kind).toBe('found');
  });

  test('5,000 pages with long keys, which CI may send, are all read', () => {
    const pages = Array.from({ length: 5_000 }, (_, index) => {
      const key = `${'k'.repeat(840)}${String(index).padStart(5, '0')}`;
      return `<PageInfo><PageNo>${index + 1}</PageNo><PicIndex>1</PicIndex><PicNum>1</PicNum><TgtUri>${key}</TgtUri><X-SheetPics>1</X-SheetPics></PageInfo>`;
    });
    expect(decodeDescribe(answer(jobsDetail({ result: pages.join('') })), JOB_ID)).toMatchObject({
      job: { state: 'Success', pages: { length: 5_000 } },
    });
  });
});
