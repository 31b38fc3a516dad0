import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Every document that a reader may follow, from the root on. */
const DOCUMENTS = ['README.md', 'CHANGELOG.md', ...below('docs'), ...below('test')];

const SCRIPTS = new Set<string | undefined>(
  Object.keys((JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }).scripts), // our own
);

function below(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

const textOf = (document: string): string => readFileSync(document, 'utf8').replaceAll(/^```[^]*?^```/gm, '');

/** Where the links and pictures of a document lead, as they are written; other sites left out. */
function linksIn(text: string): readonly string[] {
  const prose = text.replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));
  return Array.from(prose.matchAll(/\]\(([^()\s]+)\)/g), ([, link = '']) => link).filter(
    (link) => !/^[a-z]+:/.test(link),
  );
}

/** The names that GitHub gives to the headings of a document: small letters, no punctuation, hyphens for blanks, numbered where they repeat. */
function anchorsIn(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  return new Set(
    Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) => {
      const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const anchor = plain.replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    }),
  );
}

/** What is wrong with a link; undefined where it leads somewhere. */
function problemWith(link: string, document: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : join(dirname(document), path);
  if (relative('.', target).startsWith('..')) return `${link} leads out of the project`;
  if (!existsSync(target)) return `${link} is not there`;
  if (anchor === undefined || statSync(target).isDirectory()) return undefined;
  return anchorsIn(textOf(target)).has(anchor) ? undefined : `${link} names no heading`;
}

describe('the documents', () => {
  test.each(DOCUMENTS)('%s links only to what is there, headings included', (document) => {
    const problems = linksIn(textOf(document)).map((link) => problemWith(link, document));
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  test.each(DOCUMENTS)('%s names only scripts that package.json has', (document) => {
    const named = Array.from(
      readFileSync(document, 'utf8').matchAll(/npm run (?:-s )?([a-z:-]+)/g),
      ([, name]) => name,
    );
    expect(named.filter((name) => !SCRIPTS.has(name))).toEqual([]);
  });

  test('in docs are one book: each can be reached from the README', () => {
    const reached = new Set(['README.md']);
    for (const document of reached) {
      for (const link of linksIn(textOf(document))) {
        const target = join(dirname(document), link.split('#')[0] ?? '');
        if (target.endsWith('.md') && existsSync(target)) reached.add(target);
      }
    }
    expect(below('docs').length).toBeGreaterThan(15);
    expect(below('docs').filter((document) => !reached.has(document))).toEqual([]);
  });

  test.each([
    ['[a](nowhere.md)', 'nowhere.md is not there'],
    ['[a](cli.md#no-such)', 'cli.md#no-such names no heading'],
    ['![a](../../x.png)', '../../x.png leads out of the project'],
    ['[a](cli.md#reconcile)', undefined],
  ])('are told of %s', (text, problem) => {
    expect(linksIn(text).map((link) => problemWith(link, 'docs/viewing.md'))).toEqual([problem]);
  });
});
