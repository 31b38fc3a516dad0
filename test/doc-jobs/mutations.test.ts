import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';
import { decodeDescribe } from '../../lib/doc-jobs/decode.js';
import type { DescribeAnswer } from '../../lib/doc-jobs/doc-job.js';
import { answer, fixture, JOB_ID } from './answers.js';
import { takeCensus } from './census.js';
import { mutations } from './mutants.js';

const SEED = 20_260_113;
const RUNS = 10_000;

const DOCUMENTED = [fixture('non-excel.xml'), fixture('excel.xml')];
/** Answers about another job, for splicing. */
const FOREIGN = DOCUMENTED.map((body) =>
  Buffer.from(body.toString('utf8').replace(JOB_ID, 'd0000000000000000000000000000000f')),
);

/** What `body` decodes to, or null if it is undecodable; any other error passes. */
function decode(body: Buffer): DescribeAnswer | null {
  try {
    return decodeDescribe(answer(body), JOB_ID);
  } catch (error) {
    if (error instanceof UndecodableError) return null;
    throw error;
  }
}

describe.each([
  ['non-excel.xml', 1],
  ['excel.xml', 2],
])('the documented answer in %s', (name, pages) => {
  const body = fixture(name);

  test('is counted alike by the decoder and by the census', () => {
    expect(takeCensus(body)).toEqual({ jobIds: [JOB_ID], states: ['Success'], pages, unknown: '' });
    expect(decode(body)).toMatchObject({
      kind: 'found',
      job: { state: 'Success', pages: { length: pages } },
    });
  });

  test('cut short at any byte is never an answer', () => {
    for (let length = 0; length < body.length; length += 1)
      expect(decode(body.subarray(0, length))).toBeNull();
  });

  test('with any single byte lost is never a success that misses a page', () => {
    for (let at = 0; at < body.length; at += 1) {
      const decoded = decode(Buffer.concat([body.subarray(0, at), body.subarray(at + 1)]));
      if (decoded?.kind === 'found' && decoded.job.state === 'Success')
        expect(decoded.job.pages).toHaveLength(pages);
    }
  });
});

/**
 * What is sound to expect of a mutated body. It may well decode: to lose one whole PageInfo leaves an answer with fewer pages than it counts, and
 * the poller compares the two. But it decodes only to what it says, and what it says the census finds by other means.
 */
test(`${RUNS} mutations (seed ${SEED}): no truncated, mismatched or foreign body becomes a success that misses pages`, () => {
  const tally = { undecodable: 0, missing: 0, success: 0, otherState: 0, fewerPages: 0 };
  const bodies = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('non-excel.xml', 'excel.xml') },
    { weight: 1, arbitrary: fc.constant('missing.xml') },
  );
  const changes = fc.array(mutations([...DOCUMENTED, ...FOREIGN]), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(bodies, changes, fc.nat({ max: 1_000_000 }), (name, applied, cut) => {
      const original = fixture(name);
      const mutant = applied.reduce((current, mutation) => mutation(current), original);
      const decoded = decode(mutant);
      if (decoded === null) {
        tally.undecodable += 1;
        return;
      }
      const census = takeCensus(mutant);
      if (decoded.kind === 'missing') {
        tally.missing += 1;
        expect(census?.unknown).toContain(JOB_ID);
        expect(census?.jobIds).toEqual([]);
      } else {
        const { job } = decoded;
        expect(census?.jobIds).toEqual([JOB_ID]);
        expect(census?.states).toEqual([job.state === 'Unrecognized' ? job.reportedState : job.state]);
        if (job.state === 'Success') {
          tally.success += 1;
          expect(job.pages).toHaveLength(census?.pages ?? -1);
          if (job.pages.length < (takeCensus(original)?.pages ?? 0)) tally.fewerPages += 1;
        } else {
          tally.otherState += 1;
        }
      }
      // A mutant that is an answer is none when cut short: anywhere before its root ends.
      const rootEnd = mutant.lastIndexOf('</Response>') + '</Response>'.length;
      expect(decode(mutant.subarray(0, cut % rootEnd))).toBeNull();
    }),
    { seed: SEED, numRuns: RUNS },
  );
  // The mutations reach every branch above: bodies that still decode are many, and so are those that do not.
  expect(tally.undecodable).toBeGreaterThan(RUNS / 10);
  expect(tally.success).toBeGreaterThan(RUNS / 20);
  expect(tally.otherState).toBeGreaterThan(RUNS / 100);
  expect(tally.fewerPages).toBeGreaterThan(RUNS / 200);
  expect(tally.missing).toBeGreaterThan(RUNS / 200);
});
