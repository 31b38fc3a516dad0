import { describe, expect, test } from '@jest/globals';
import { objectKeyProblem } from '../../lib/doc-jobs/object-key.js';

describe('the key of an object', () => {
  test.each(['a', 'in/报告 (1).docx', '.a', 'a/', 'a\\b', 'a  b', 'x'.repeat(850), '报'.repeat(283)])(
    'can be %j',
    (key) => {
      expect(objectKeyProblem(key)).toBeUndefined();
    },
  );

  test.each([
    ['', 'must not be empty'],
    ['/a', 'must not begin with a slash or backslash: keys have none'],
    ['\\a', 'must not begin with a slash or backslash: keys have none'],
    [' a', 'must not begin or end with a space, which would be lost in XML'],
    ['a ', 'must not begin or end with a space, which would be lost in XML'],
    ['a\nb', 'must not contain control characters or halves of surrogate pairs'],
    ['a\ud83d', 'must not contain control characters or halves of surrogate pairs'],
    ['a\uffff', 'must not contain control characters or halves of surrogate pairs'],
    ['x'.repeat(851), 'has 851 bytes, but a COS key has 850 at most'],
    ['报'.repeat(284), 'has 852 bytes, but a COS key has 850 at most'],
  ])('cannot be %j', (key, problem) => {
    expect(objectKeyProblem(key)).toBe(problem);
  });
});
