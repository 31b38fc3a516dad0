import { JOB_ID } from '../doc-jobs/answers.js';
import { HOSTILE_TEXTS } from './hostile-texts.js';
import type { Random } from './random.js';

/** A change to a body, whose characters are its bytes (Latin-1). */
type Mutator = (body: string, random: Random, other: string) => string;

const TAG = /<[^<>]*>/g;
const ELEMENT = /<([\w-]+)>[^<]*<\/\1>\n?|<[\w-]+\/>\n?|<PageInfo>.*?<\/PageInfo>\n?/gs;
const TEXT = />[^<>]+</g;

const NAMES = [
  ...[
    'Response',
    'JobsDetail',
    'NonExistJobIds',
    'Operation',
    'DocProcessResult',
    'Output',
    'PageInfo',
    'State',
    'JobId',
  ],
  ...[
    'PageNo',
    'TgtUri',
    'SuccPageCount',
    'EndTime',
    'Error',
    'Code',
    'X',
    '__proto__',
    'constructor',
    'prototype',
  ],
  ...['toString', 'hasOwnProperty', '#text', ':@', '\xC3\xA9', 'a:b', 'xmlns', '-', '1'],
] as [string, ...string[]];

const JUNK = [
  ...[
    '<',
    '>',
    '&',
    '"',
    "'",
    '/',
    ' ',
    '\n',
    '\r\n',
    '\r',
    '\0',
    '\x01',
    '\x7F',
    '\xEF\xBF\xBE',
    '\xEF\xBB\xBF',
    '\xED\xA0\x80',
  ],
  ...[
    '\xC0\xBC',
    '\xFF',
    ']]>',
    '--',
    '<!-- note -->',
    '<!-- ',
    '-->',
    '<!---->',
    '<!-->',
    '<!-- -- -->',
    '<![CDATA[',
    '<![CDATA[]]>',
  ],
  ...[
    '<![CDATA[<PageInfo>]]>',
    '<![CDATA[]]]]><![CDATA[>]]>',
    '<?pi ?>',
    '<?xml version="1.0"?>',
    '<!X>',
    '<!DOCTYPE R>',
  ],
  ...[
    '<!DOCTYPE R [<!ENTITY e "1">]>',
    '<!ENTITY e "1">',
    '&e;',
    '&amp;',
    '&#49;',
    '&#x31;',
    '&#0;',
    '&#xD800;',
    '&#x110000;',
  ],
  ...[
    '&#99999999999;',
    '&nbsp;',
    '&lt;PageInfo&gt;',
    '&amp;lt;',
    '<X/>',
    '<X a="1">',
    '<X a=1/>',
    "<X a='>'/>",
    '<X a="</Response>"/>',
  ],
  ...[
    '<X a="1" a="2"/>',
    '</X>',
    '</X/>',
    '< X/>',
    '<X/ >',
    '<PageInfo/>',
    '<PageInfo>',
    '</PageInfo>',
    '<Response>',
    '</Response>',
  ],
  ...[
    '<State>Success</State>',
    '<State>Failed</State>',
    `<JobId>${JOB_ID}</JobId>`,
    '<__proto__/>',
    '<constructor>1</constructor>',
  ],
  ...[
    '<__proto__><State>Success</State></__proto__>',
    `<NonExistJobIds>${JOB_ID}</NonExistJobIds>`,
    '<JobsDetail/>',
  ],
  ...[
    '<PageInfo><PageNo>9</PageNo><TgtUri>new</TgtUri></PageInfo>',
    '<SuccPageCount>0</SuccPageCount>',
    '<SuccPageCount/>',
  ],
] as [string, ...string[]];

/** By their names, which the report of a finding shows. */
const MUTATORS: Readonly<Record<string, Mutator>> = {
  cut: (body, random) => body.slice(0, random.below(body.length + 1)),
  cutFront: (body, random) => body.slice(random.below(body.length + 1)),
  drop: (body, random) => replaced(body, random, 1 + random.below(random.oneIn(2) ? 3 : 200), ''),
  flip: (body, random) => {
    const at = random.below(Math.max(1, body.length));
    return (
      body.slice(0, at) +
      String.fromCharCode((body.charCodeAt(at) || 0) ^ (1 << random.below(8))) +
      body.slice(at + 1)
    );
  },
  insertJunk: (body, random) => replaced(body, random, 0, random.pick(JUNK)),
  insertAtTag: (body, random) => matched(body, TAG, random, (tag) => random.pick(JUNK) + tag),
  repeatSlice: (body, random) => {
    const from = random.below(body.length + 1);
    const slice = body.slice(from, from + random.below(300));
    return body.slice(0, from) + slice.repeat(2 + random.below(3)) + body.slice(from + slice.length);
  },
  deleteTag: (body, random) => matched(body, TAG, random, () => ''),
  deleteElement: (body, random) => matched(body, ELEMENT, random, () => ''),
  duplicateElement: (body, random) => matched(body, ELEMENT, random, (element) => element + element),
  emptyElement: (body, random) =>
    matched(body, ELEMENT, random, (element) => element.replace(/>[^<]+</, '><')),
  pageTwiceForAnother: (body, random) => {
    const pages = body.match(/<PageInfo>.*?<\/PageInfo>/gs) ?? [];
    const [one = '', other = ''] = [pages[random.below(pages.length)], pages[random.below(pages.length)]];
    return body.replace(one, () => other);
  },
  wrapElement: (body, random) => {
    const name = random.pick(NAMES);
    return matched(body, ELEMENT, random, (element) => `<${name}>${element}</${name}>`);
  },
  commentOut: (body, random) => matched(body, ELEMENT, random, (element) => `<!--${element}-->`),
  hideInCdata: (body, random) => matched(body, ELEMENT, random, (element) => `<![CDATA[${element}]]>`),
  textInCdata: (body, random) => matched(body, TEXT, random, (text) => `><![CDATA[${text.slice(1, -1)}]]><`),
  textInReferences: (body, random) =>
    matched(
      body,
      TEXT,
      random,
      (text) =>
        `>${text.slice(1, -1).replace(/[\x21-\x7E]/g, (character) => `&#${character.charCodeAt(0)};`)}<`,
    ),
  rename: (body, random) => {
    const name = random.pick(NAMES);
    return matched(body, /<([\w-]+)>[^<]*<\/\1>/g, random, (element) =>
      element.replace(/(<\/?)[\w-]+>/g, `$1${name}>`),
    );
  },
  renameAll: (body, random) =>
    body.replaceAll(
      new RegExp(`(</?)${random.pick(['PageInfo', 'State', 'JobsDetail', 'Output'])}>`, 'g'),
      `$1${random.pick(NAMES)}>`,
    ),
  hostileText: (body, random) => matched(body, TEXT, random, () => `>${random.pick(HOSTILE_TEXTS)}<`),
  hostileCount: (body, random) => matched(body, />\d+</g, random, () => `>${random.pick(HOSTILE_TEXTS)}<`),
  attributes: (body, random) => {
    const count = random.oneIn(4) ? random.below(3_000) : random.below(40);
    const list = Array.from(
      { length: count },
      (_, index) => ` ${random.pick(['a', '__proto__', 'xmlns:a'])}${index}="${index}"`,
    );
    return matched(body, /<\w[\w-]*>/g, random, (tag) => tag.slice(0, -1) + list.join('') + '>');
  },
  nest: (body, random) => {
    const depth = random.oneIn(3) ? random.below(20_000) : random.below(80);
    return matched(
      body,
      TAG,
      random,
      (tag) => `${'<X>'.repeat(depth)}${random.oneIn(3) ? '' : '</X>'.repeat(depth)}${tag}`,
    );
  },
  entityBomb: (body, random) => {
    const names = Array.from({ length: 2 + random.below(12) }, (_, index) => `e${index}`);
    const entities = names.map(
      (name, index) => `<!ENTITY ${name} "${index === 0 ? 'ha' : `&e${index - 1};`.repeat(10)}">`,
    );
    const bombed = matched(body, TEXT, random, () => `>&${names.at(-1) ?? 'e0'};<`);
    return `<!DOCTYPE Response [${entities.join('')}]>${bombed}`;
  },
  manyReferences: (body, random) =>
    matched(
      body,
      TEXT,
      random,
      () => `>${random.pick(['&amp;', '&#49;', '&#x1F600;']).repeat(random.below(3_000))}<`,
    ),
  manyPages: (body, random) =>
    matched(body, /<PageInfo>.*?<\/PageInfo>/gs, random, (page) => page.repeat(random.below(200))),
  secondRoot: (body, random) =>
    body + random.pick([body, '<X/>', '<Response/>', 'text', '<!-- -->', '\n', '\0']),
  utf16: (body) => Buffer.from(body, 'utf16le').toString('latin1'),
  declaration: (body, random) =>
    `<?xml version="1.0" encoding="${random.pick(['UTF-8', 'utf-16', 'ISO-8859-1', 'US-ASCII', 'x'])}"?>${body}`,
  otherJob: (body, random) =>
    body.replace(
      JOB_ID,
      random.pick([JOB_ID.toUpperCase(), ` ${JOB_ID} `, `${JOB_ID}0`, JOB_ID.slice(1), `${JOB_ID},x`]),
    ),
  splice: (body, random, other) =>
    body.slice(0, random.below(body.length + 1)) + other.slice(random.below(other.length + 1)),
  spliceAtTag: (body, random, other) => {
    const matches = [...body.matchAll(TAG)];
    const match = matches[random.below(matches.length)];
    const there = match === undefined ? -1 : other.indexOf(match[0]);
    return match === undefined || there === -1 ? body : body.slice(0, match.index) + other.slice(there);
  },
};

const MUTATOR_NAMES = Object.keys(MUTATORS) as [string, ...string[]]; // the literal above is not empty

/** `body` after some changes, and their names. */
export function mutated(
  body: string,
  random: Random,
  other: string,
): { readonly body: string; readonly applied: readonly string[] } {
  const applied: string[] = [];
  let changed = body;
  for (let changes = random.below(4); changes > 0; changes -= 1) {
    const name = random.pick(MUTATOR_NAMES);
    applied.push(name);
    changed = MUTATORS[name]?.(changed, random, other) ?? changed;
  }
  return { body: changed, applied };
}

function replaced(body: string, random: Random, length: number, insert: string): string {
  const at = random.below(body.length + 1);
  return body.slice(0, at) + insert + body.slice(at + length);
}

function matched(body: string, pattern: RegExp, random: Random, change: (match: string) => string): string {
  const matches = [...body.matchAll(pattern)];
  const match = matches[random.below(matches.length)];
  return match === undefined
    ? body
    : body.slice(0, match.index) + change(match[0]) + body.slice(match.index + match[0].length);
}
