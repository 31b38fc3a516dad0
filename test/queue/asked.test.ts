import { expect, test } from '@jest/globals';
import { failureSentence } from '../../lib/queue/asked.js';

const ASKED = { action: 'DeleteMessageBatch', queueUrl: 'http://127.0.0.1/1/jobs' };
const NOTHING = { requestId: undefined, advice: undefined };

test.each([
  [NOTHING, 'DeleteMessageBatch on http://127.0.0.1/1/jobs failed with some words'],
  [
    { ...NOTHING, requestId: 'r-1' },
    'DeleteMessageBatch on http://127.0.0.1/1/jobs failed with some words (request ID r-1)',
  ],
  [
    { requestId: 'r-1', advice: 'do it' },
    'DeleteMessageBatch on http://127.0.0.1/1/jobs failed with some words (request ID r-1); do it',
  ],
])('a failure is one sentence of what is known: %j', (facts, sentence) => {
  expect(failureSentence(ASKED, 'some words', facts)).toBe(sentence);
});

test('what a service says is repeated in part and on one line, however long and odd it is', () => {
  const words = failureSentence(ASKED, `an\n  odd\u0000\u001b[31m\t${'x'.repeat(5_000)}`, NOTHING);
  expect(words).toMatch(/ failed with an odd \[31m x{150,200}$/);
  expect(failureSentence(ASKED, 'words', { ...NOTHING, requestId: 'r'.repeat(5_000) }).length).toBeLessThan(
    300,
  );
});
