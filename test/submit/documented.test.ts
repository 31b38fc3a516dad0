import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readOptions } from '../../lib/doc-jobs/create-options.js';
import { parseSubmitConfig } from '../../lib/submit/config.js';
import { readDocument } from '../../lib/submit/document.js';
import { parseSubmitEvent } from '../../lib/submit/request.js';

const text = readFileSync(new URL('../../docs/submitting.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/```json\n(.*?)```/gs)].map(
  ([, json = '']) => JSON.parse(json) as unknown,
);

const config = parseSubmitConfig({
  QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/pending',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/dead',
  SOURCE_BUCKET: 'docs-1250000000',
  SOURCE_REGION: 'ap-beijing',
});

describe('docs/submitting.md', () => {
  test('shows calls that are taken, with documents that can be submitted', () => {
    const calls = examples.slice(0, 2).map(parseSubmitEvent);
    for (const call of calls) {
      const documents = call.kind === 'documents' ? call.documents : [];
      expect(documents).toHaveLength(2);
      for (const one of documents) {
        expect(readDocument(one, config.defaults, config.rules, () => 'x')).toMatchObject({
          kind: 'document',
        });
      }
    }
  });

  test('names options that there are, all of them', () => {
    const rows = [...text.matchAll(/^\| ((?:`[a-zA-Z]+`(?:, )?)+) +\|.*\|.*\|$/gm)];
    const names = rows.flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    );
    for (const name of names) {
      expect(readOptions('a.docx', { [name]: Symbol('no value') }).problems).toEqual([
        expect.stringMatching(new RegExp(`^${name} must be `)),
      ]);
    }
    expect(new Set(names).size).toBe(22);
  });
});
