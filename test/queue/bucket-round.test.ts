import { describe, expect, test } from '@jest/globals';
import { epochMs } from '../../lib/domain/units.js';
import { NOTHING_DONE, type Claim } from '../../lib/queue/bucket-checkpoint.js';
import { Round } from '../../lib/queue/bucket-round.js';

const at = epochMs;

/** A round after a run that stopped at `p/k5`. */
const goingOn = (): Round => new Round('p/', { since: at(50), pass: { startedAt: at(80), after: 'p/k5' } });

/** What a round says about itself. */
const state = ({ isOver, position, since, claim }: Round): unknown => ({ isOver, position, since, claim });

const partly = (since: number, startedAt: number, after: string): Claim => ({
  since: at(since),
  pass: { startedAt: at(startedAt), after },
});

describe('a round over the keys', () => {
  test('of which nothing is known begins at the first key, and is over after the last', () => {
    const round = new Round('p/', NOTHING_DONE);
    expect(state(round)).toEqual({ isOver: false, position: 'p/', since: 0, claim: { since: 0 } });
    round.arrive(at(100));
    expect(round.claim).toEqual(partly(0, 100, 'p/'));
    expect(round.pass('p/k1')).toBe(true);
    expect(state(round)).toEqual({
      isOver: false,
      position: 'p/k1',
      since: 0,
      claim: partly(0, 100, 'p/k1'),
    });
    round.endOfListing();
    expect(round).toMatchObject({ isOver: true, claim: { since: 100 } });
    expect(round.pass('p/k2')).toBe(false);
  });

  test('goes on where another has stopped, to the last key, and then from the first one to there', () => {
    const round = goingOn();
    expect(state(round)).toEqual({
      isOver: false,
      position: 'p/k5',
      since: 50,
      claim: partly(50, 80, 'p/k5'),
    });
    round.arrive(at(200));
    expect(round.pass('p/k6')).toBe(true);
    // Its pass is the one that began then.
    expect(round.claim).toEqual(partly(50, 80, 'p/k6'));
    round.endOfListing();
    // With that, all keys have had their looks up to then.
    expect(state(round)).toEqual({ isOver: false, position: 'p/', since: 80, claim: { since: 80 } });
    round.arrive(at(210));
    expect(round.pass('p/k1')).toBe(true);
    expect(round.claim).toEqual(partly(80, 210, 'p/k1'));
    expect(round.pass('p/k5')).toBe(true);
    expect(round.isOver).toBe(false);
    expect(round.pass('p/k6')).toBe(false);
    // Every key was seen since this run began.
    expect(round).toMatchObject({ isOver: true, claim: { since: 200 } });
  });

  test('is over at the end of the listing too, where the key at which another stopped is gone', () => {
    const round = goingOn();
    round.arrive(at(200));
    round.endOfListing();
    round.arrive(at(210));
    expect(round.pass('p/k4')).toBe(true);
    round.endOfListing();
    expect(round).toMatchObject({ isOver: true, claim: { since: 200 } });
  });

  test('compares keys by their bytes, as listings do', () => {
    const round = new Round('p/', { since: at(50), pass: { startedAt: at(80), after: 'p/\u{1F600}' } });
    round.arrive(at(200));
    round.endOfListing();
    round.arrive(at(210));
    // To JavaScript this one comes after the other.
    expect(round.pass('p/\uFF01')).toBe(true);
  });

  test('began when the clock that is furthest behind says so, but not before what it builds on', () => {
    const round = goingOn();
    round.arrive(at(90));
    round.arrive(at(70));
    round.arrive(at(95));
    expect(round.claim).toEqual(partly(50, 70, 'p/k5'));
    round.arrive(at(40));
    expect(round.claim).toEqual(partly(50, 50, 'p/k5'));
    const fresh = new Round('p/', { since: at(50) });
    for (const now of [90, 70, 95]) fresh.arrive(at(now));
    fresh.endOfListing();
    expect(fresh.claim).toEqual({ since: 70 });
  });
});
