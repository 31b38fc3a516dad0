import { HOSTILE_TEXTS } from './hostile-texts.js';
import type { Random } from './random.js';

/** Characters that end, start or vanish from a part of a URL, a header, a path or a host name; some only after Unicode's or IDNA's mapping. */
const SEPARATORS = [
  ...[
    '/',
    '//',
    '\\',
    '@',
    ':',
    '?',
    '#',
    '.',
    '..',
    '%',
    '%2e',
    '%2f',
    '%00',
    ';',
    ',',
    '&',
    '=',
    '*',
    '[',
    ']',
    '^',
    '|',
    '`',
    '"',
    "'",
  ],
  ...[
    '\0',
    '\t',
    '\n',
    '\r',
    '\r\n',
    '\r\nHost: evil.example\r\n',
    ' ',
    '\u007f',
    '\u0085',
    '\u00a0',
    '\u00ad',
    '\u034f',
    '\u180e',
  ],
  ...[
    '\u200b',
    '\u200d',
    '\u202e',
    '\u2028',
    '\u2060',
    '\u3000',
    '\u3002',
    '\uff0e',
    '\uff61',
    '\uff0f',
    '\uff20',
    '\u2215',
    '\u2044',
  ],
  ...[
    '\u212a',
    '\u0131',
    '\u017f',
    '\uff45',
    '\u00df',
    '\ufb01',
    '\u2460',
    '\ud800',
    '\udc00',
    '\ufeff',
    '\ufffe',
    '\u{1f600}',
    'A',
    '_',
    '-',
  ],
  ...[
    '.evil.example',
    '@evil.example',
    '.evil.example/',
    '#.evil.example',
    ':80',
    '\\@evil.example',
    '/../',
    '/./',
    '-1250000000',
    '${jobId}',
  ],
] as [string, ...string[]];

/** `text` as it is, broken in one place or two, or something else altogether. */
export function hostileName(text: string, random: Random): string {
  if (random.oneIn(3)) return text;
  if (random.oneIn(8)) return Buffer.from(random.pick(HOSTILE_TEXTS), 'latin1').toString('utf8');
  let broken = text;
  for (let times = 1 + random.below(2); times > 0; times -= 1) {
    const at = random.below(broken.length + 1);
    broken = broken.slice(0, at) + random.pick(SEPARATORS) + broken.slice(at + (random.oneIn(3) ? 1 : 0));
  }
  return random.oneIn(30) ? broken.toUpperCase() : broken;
}
