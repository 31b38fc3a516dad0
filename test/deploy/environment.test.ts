import { expect, test } from '@jest/globals';
import { environmentProblem } from '../../deploy/environment.js';

test('the environment of a function has 4 KB at most', () => {
  expect(environmentProblem({ A: 'x'.repeat(4_095) }, 'SCF')).toBeUndefined();
  expect(environmentProblem({ A: 'é'.repeat(2_048) }, 'Lambda')).toContain(
    '4097 bytes, but Lambda takes 4096',
  );
});
