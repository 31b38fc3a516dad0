import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const MODEL = text('docs/security.md');

/** A threat to a section, from its heading to the next. */
const sections = MODEL.split(/^## /m)
  .slice(1)
  .map((section) => [section.slice(0, section.indexOf('\n')), section] as const)
  .filter(([title]) => title !== 'Reporting');

/** `file`: "the name of a test in it", a quote in a name escaped as in the source. */
const REFERENCE = /^- `(test\/[\w/.-]+\.test\.ts)`: "((?:[^"\\]|\\.)+)"/gm;

describe('the threat model', () => {
  test.each(sections)('names tests for: %s', (_title, section) => {
    expect([...section.matchAll(REFERENCE)].length).toBeGreaterThan(0);
  });

  test.each(Array.from(MODEL.matchAll(REFERENCE), ([, file = '', name = '']) => [name, file] as const))(
    'names one that is there: "%s"',
    (name, file) => {
      // As a name stands in the source: in quotes of either kind, or behind a line break that the formatter made.
      const wanted = name.replaceAll('\\"', '"');
      const titles = Array.from(
        text(file).matchAll(/'((?:[^'\\\n]|\\.)+)'|"((?:[^"\\\n]|\\.)+)"|`([^`]+)`/g),
        ([, single, double, back]) => single ?? double ?? back,
      );
      expect(titles).toContain(wanted);
    },
  );

  test('has a reference in each of its lists, and no list of anything else', () => {
    const items = MODEL.match(/^- .*$/gm) ?? [];
    expect(items.length).toBe([...MODEL.matchAll(REFERENCE)].length);
  });
});
