import fc from 'fast-check';
import { JOB_ID } from './answers.js';

/** A change to a body. `toString` says which, for the report of a failure. */
export type Mutation = (body: Buffer) => Buffer;

const ELEMENT = /<([\w-]+)>[^<]*<\/\1>\n?|<[\w-]+\/>\n?|<PageInfo>.*?<\/PageInfo>\n?/gs;
const TAG = /<[^<>]*>/g;

/** What may slip in: junk, and things that some parsers misread. */
const JUNK: readonly string[] = [
  ...['<', '>', '&', '"', "'", '/', ' ', '\n', 'x', '0', '\u0000', '\u0001', '\uFFFE', '\uFEFF', ']]>', '--'],
  ...[
    '<!-- note -->',
    '<!-- ',
    '-->',
    '<![CDATA[',
    '<![CDATA[ ]]>',
    '<?pi ?>',
    `<?pi '?>`,
    '<?xml version="1.0"?>',
  ],
  ...['<!X>', '<!DOCTYPE R>', '<!DOCTYPE R [<!ENTITY e "1">]>', '&e;', '&amp;', '&#49;', '&#0;', '&nbsp;'],
  ...[
    '<X/>',
    '<X>1</X>',
    '<X a="1">',
    '</X>',
    '</X/>',
    '<PageInfo/>',
    '</PageInfo>',
    '<PageInfo>',
    '</Response>',
    '<Response>',
  ],
  ...[
    '<State>Success</State>',
    '<State>Failed</State>',
    `<JobId>${JOB_ID}</JobId>`,
    '<__proto__/>',
    '<constructor>1</constructor>',
  ],
  ...[
    `<NonExistJobIds>${JOB_ID}</NonExistJobIds>`,
    '<PageInfo><PageNo>9</PageNo><TgtUri>new</TgtUri></PageInfo>',
  ],
];

const NAMES = [
  'PageInfo',
  'PageNo',
  'TgtUri',
  'DocProcessResult',
  'DocProcess',
  'Operation',
  'JobsDetail',
  'State',
  'JobId',
  'X',
];
const STATES = ['Success', 'Submitted', 'Running', 'Pause', 'Failed', 'Cancel', 'Deleted', ''];

const position = fc.nat({ max: 1_000_000 });
const span = fc.integer({ min: 1, max: 120 });

/** One of `others` is what a body may be spliced with. */
export function mutations(others: readonly Buffer[]): fc.Arbitrary<Mutation> {
  return fc.oneof(
    position.map((at) => named(`cut(${at})`, (body) => body.subarray(0, at % (body.length + 1)))),
    fc
      .tuple(position, span)
      .map(([at, length]) => named(`deleteSpan(${at}, ${length})`, (body) => replaced(body, at, length, ''))),
    fc.tuple(position, position, span).map(([at, to, length]) =>
      named(`duplicateSpan(${at}, ${to}, ${length})`, (body) => {
        const from = at % (body.length + 1);
        return replaced(body, to, 0, body.subarray(from, from + length));
      }),
    ),
    fc.tuple(position, fc.integer({ min: 1, max: 255 })).map(([at, mask]) =>
      named(`flip(${at}, ${mask})`, (body) => {
        const flipped = Buffer.from(body);
        if (flipped.length > 0) flipped[at % flipped.length] = (flipped[at % flipped.length] ?? 0) ^ mask;
        return flipped;
      }),
    ),
    fc
      .tuple(position, fc.constantFrom(...JUNK))
      .map(([at, junk]) =>
        named(`insert(${at}, ${JSON.stringify(junk)})`, (body) => replaced(body, at, 0, junk)),
      ),
    fc
      .tuple(position, fc.constantFrom(...JUNK))
      .map(([which, junk]) =>
        named(`insertBeforeTag(${which}, ${JSON.stringify(junk)})`, (body) =>
          mapMatch(body, TAG, which, (tag) => `${junk}${tag}`),
        ),
      ),
    position.map((which) =>
      named(`deleteElement(${which})`, (body) => mapMatch(body, ELEMENT, which, () => '')),
    ),
    position.map((which) =>
      named(`duplicateElement(${which})`, (body) =>
        mapMatch(body, ELEMENT, which, (element) => element + element),
      ),
    ),
    position.map((which) =>
      named(`emptyElement(${which})`, (body) =>
        mapMatch(body, ELEMENT, which, (element) => element.replace(/>[^<]+</, '><')),
      ),
    ),
    fc
      .tuple(position, position)
      .map(([one, other]) =>
        named(`swapElements(${one}, ${other})`, (body) => swapped(body, ELEMENT, one, other)),
      ),
    fc
      .tuple(position, position)
      .map(([one, other]) => named(`swapTags(${one}, ${other})`, (body) => swapped(body, TAG, one, other))),
    fc
      .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...NAMES))
      .map(([from, to]) =>
        named(`rename(${from}, ${to})`, (body) =>
          mapText(body, (text) => text.replaceAll(new RegExp(`(</?)${from}>`, 'g'), `$1${to}>`)),
        ),
      ),
    fc
      .constantFrom(...STATES)
      .map((state) =>
        named(`state(${state})`, (body) =>
          mapText(body, (text) => text.replace(/<State>[^<]*/, `<State>${state}`)),
        ),
      ),
    fc
      .tuple(fc.nat({ max: JOB_ID.length - 1 }), fc.constantFrom(...Array.from('0123456789abcdef')))
      .map(([at, digit]) =>
        named(`jobIdDigit(${at}, ${digit})`, (body) =>
          mapText(body, (text) => text.replace(JOB_ID, JOB_ID.slice(0, at) + digit + JOB_ID.slice(at + 1))),
        ),
      ),
    fc
      .tuple(fc.constantFrom(...others), position, position)
      .map(([other, end, start]) =>
        named(`splice(${end}, ${start})`, (body) =>
          Buffer.concat([
            body.subarray(0, end % (body.length + 1)),
            other.subarray(start % (other.length + 1)),
          ]),
        ),
      ),
    fc
      .tuple(fc.constantFrom(...others), position)
      .map(([other, which]) => named(`spliceAtTag(${which})`, (body) => splicedAtTag(body, other, which))),
  );
}

function named(name: string, mutation: Mutation): Mutation {
  return Object.assign(mutation, { toString: () => name });
}

function mapText(body: Buffer, change: (text: string) => string): Buffer {
  // Latin-1 keeps every byte, also those that are not UTF-8.
  return Buffer.from(change(body.toString('latin1')), 'latin1');
}

function replaced(body: Buffer, at: number, length: number, insert: string | Buffer): Buffer {
  const from = at % (body.length + 1);
  return Buffer.concat([body.subarray(0, from), Buffer.from(insert), body.subarray(from + length)]);
}

function mapMatch(body: Buffer, pattern: RegExp, which: number, change: (match: string) => string): Buffer {
  const matches = [...body.toString('latin1').matchAll(pattern)];
  const match = matches[which % Math.max(1, matches.length)];
  return match === undefined ? body : replaced(body, match.index, match[0].length, change(match[0]));
}

function swapped(body: Buffer, pattern: RegExp, one: number, other: number): Buffer {
  const text = body.toString('latin1');
  const matches = [...text.matchAll(pattern)];
  const count = Math.max(1, matches.length);
  const [first, second] = [one % count, other % count].sort((a, b) => a - b).map((index) => matches[index]);
  if (first === undefined || second === undefined || first === second) return body;
  const between = text.slice(first.index + first[0].length, second.index);
  const length = second.index + second[0].length - first.index;
  return replaced(body, first.index, length, Buffer.from(second[0] + between + first[0], 'latin1'));
}

/** The beginning of `body` up to some tag, and the end of `other` from the same tag on: well-formed now and then. */
function splicedAtTag(body: Buffer, other: Buffer, which: number): Buffer {
  const matches = [...body.toString('latin1').matchAll(TAG)];
  const match = matches[which % Math.max(1, matches.length)];
  const there = match === undefined ? -1 : other.indexOf(match[0], 0, 'latin1');
  return match === undefined || there === -1
    ? body
    : Buffer.concat([body.subarray(0, match.index), other.subarray(there)]);
}
