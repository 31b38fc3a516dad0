import { describe, expect, test } from '@jest/globals';
import { PLANTED_IN_BUCKET } from './bucket.js';
import { PLANTED_BUGS } from './catalogue.js';
import { PLANTED_IN_CMQ } from './cmq.js';
import { plant } from './plant.js';

describe('the simulation finds a planted bug', () => {
  test.concurrent.each(
    [...PLANTED_BUGS, ...PLANTED_IN_BUCKET, ...PLANTED_IN_CMQ].map(
      (bug) => [bug.name, bug.within, bug] as const,
    ),
  )(
    '%s, within %i seeds',
    async (_name, _within, bug) => {
      const failure = await plant(bug);
      expect(bug.breaks).toContain(failure?.violations[0]?.promise);
    },
    120_000,
  );
});

test('a change that no longer fits its source is refused, so that no bug is planted in vain', async () => {
  const [bug] = PLANTED_BUGS;
  if (bug === undefined) throw new Error('there are no planted bugs');
  await expect(plant({ ...bug, find: 'this stands nowhere' })).rejects.toThrow('0 times, not once');
});
