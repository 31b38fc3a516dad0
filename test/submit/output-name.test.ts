import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { objectKeyProblem } from '../../lib/doc-jobs/object-key.js';
import { templateProblems } from '../../lib/doc-jobs/output-template.js';
import { fillOutputTemplate, nameInKey } from '../../lib/submit/output-name.js';

test.each([
  ['a.docx', 'a.docx'],
  ['in/Q3 报告 (1).docx', 'in/Q3 报告 (1).docx'],
  ['100%/${Number}\\x', '100%25/%24{Number}%5Cx'],
  ['a//b/', 'a/%2F/b/%2F'],
  ['../.a/.', '%2E%2E/.a/%2E'],
])('%j is named %j in another key', (object, name) => {
  expect(nameInKey(object)).toBe(name);
});

test('our own placeholders are filled in, each time; those of CI stay for CI', () => {
  const names = { object: 'a.docx', targetType: 'png' };
  expect(fillOutputTemplate('${object}/${object}-${SheetID}/${Number}.${targetType}', names)).toBe(
    'a.docx/a.docx-${SheetID}/${Number}.png',
  );
});

/** Keys of few characters, so that those that matter meet. */
const key = fc
  .array(fc.constantFrom('a', '.', '/', '%', '$', '{', '}', '2', 'F', 'E', '\\', ' ', '${Number}', '报'), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => parts.join(''))
  .filter((text) => objectKeyProblem(text) === undefined);

test('two keys never get one name', () => {
  fc.assert(
    fc.property(key, key, (one, other) => {
      expect(nameInKey(one) === nameInKey(other)).toBe(one === other);
    }),
    { numRuns: 2_000 },
  );
});

test('whatever a key holds, the template around it keeps its placeholders and stays one that CI takes', () => {
  fc.assert(
    fc.property(key, (object) => {
      const template = fillOutputTemplate('pages/${object}/${Number}.jpg', { object, targetType: 'jpg' });
      expect(Array.from(template.matchAll(/\$\{[^}]*\}/g), ([name]) => name)).toEqual(['${Number}']);
      expect(templateProblems(template, { kind: 'pages', isOneFile: false })).toEqual([]);
    }),
  );
});
