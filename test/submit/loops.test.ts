import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { loopProblems } from '../../lib/submit/loops.js';
import { fillOutputTemplate } from '../../lib/submit/output-name.js';
import { aBucket, SOURCE } from '../support/pending-jobs.js';

const { bucket } = SOURCE;
const problemsOf = (prefix: string, key: string, where = bucket): readonly string[] =>
  loopProblems({ bucket, prefix }, [{ what: 'OUTPUT_OBJECT', bucket: where, key }]);

describe('a destination under the prefix of the trigger', () => {
  test.each([
    ['in/', 'in/pages/${object}/${Number}.jpg'],
    ['in/', '/in/${Number}.jpg'],
    ['in/', 'in/${jobId}.json'],
    // The document's own key can begin with the prefix.
    ['in/', '${object}/${Number}.jpg'],
    ['pages/in/', 'pages/${object}/${Number}.jpg'],
    ['in', 'in-pages/${Number}.jpg'],
    ['', 'pages/${Number}.jpg'],
    ['in/', 'in/pending/'],
  ])('%j, %j is named', (prefix, key) => {
    expect(problemsOf(prefix, key)).toEqual([
      expect.stringMatching(/^OUTPUT_OBJECT .* would call the submit function again/),
    ]);
  });

  test.each([
    ['in/', 'pages/${object}/${Number}.jpg'],
    ['in/', 'index/${Number}.jpg'],
    ['in/', 'manifests/${jobId}.json'],
    ['pages/in/', 'pages/'],
  ])('%j, %j is none', (prefix, key) => {
    expect(problemsOf(prefix, key)).toEqual([]);
  });

  test('in another bucket is none', () => {
    expect(problemsOf('in/', 'in/${Number}.jpg', aBucket('pages-1250000000'))).toEqual([]);
  });

  test('is found whatever a template expands to', () => {
    const piece = fc.constantFrom('in/', 'i', 'pages/', 'x', '${object}', '${Number}', '-');
    const template = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
    const object = fc.constantFrom('in/a.docx', 'i', 'a.docx', 'n/b.pdf');
    fc.assert(
      fc.property(fc.constantFrom('in/', 'in/x', 'pages/in/', 'i'), template, object, (prefix, text, key) => {
        const written = fillOutputTemplate(text, { object: key, targetType: 'jpg' }).replaceAll(
          '${Number}',
          '1',
        );
        if (written.startsWith(prefix)) expect(problemsOf(prefix, text)).toHaveLength(1);
      }),
    );
  });
});
