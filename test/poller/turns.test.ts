import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Task } from '../../lib/poller/sweep.js';
import { Turns } from '../../lib/poller/turns.js';
import { after, seconds } from '../../lib/domain/units.js';
import { aBucket, aPendingJob, aRegion } from '../support/pending-jobs.js';
import { START } from '../support/virtual-clock.js';

const TIMES = { firstSeenAt: START, until: after(START, seconds(60)) };

/** Tasks by the letters of their buckets, each named by its letter and its place there; a dot holds no job. */
function tasksOf(letters: string): readonly Task[] {
  return Array.from(letters, (letter, place) => {
    const id = `${letter}${place}`;
    if (letter === '.')
      return { kind: 'look', lease: { kind: 'not-a-job', id, ...TIMES, problem: 'no JSON' } };
    const job = aPendingJob(place, { bucket: aBucket(`${letter}-1250000000`) });
    return { kind: 'look', lease: { kind: 'job', id, ...TIMES, job } };
  });
}

const idsOf = (tasks: Iterable<Task>): readonly string[] => [...tasks].map(({ lease }) => lease.id);

/** All tasks one after the other, each ended before the next is taken. */
function oneAtATime(tasks: readonly Task[]): readonly string[] {
  const turns = new Turns(tasks);
  const ids: string[] = [];
  for (const task of turns) {
    ids.push(task.lease.id);
    turns.ended(task);
  }
  return ids;
}

describe('turns', () => {
  test('go round the buckets, in the order in which those come first', () => {
    expect(oneAtATime(tasksOf('aaaabbc'))).toEqual(['a0', 'b4', 'c6', 'a1', 'b5', 'a2', 'a3']);
  });

  test('leave the order of a single bucket as it is', () => {
    expect(oneAtATime(tasksOf('aaa'))).toEqual(['a0', 'a1', 'a2']);
  });

  test('of nothing are none', () => {
    expect(oneAtATime([])).toEqual([]);
  });

  test('count what holds no job as one more bucket', () => {
    expect(oneAtATime(tasksOf('aa..'))).toEqual(['a0', '.2', 'a1', '.3']);
  });

  test('tell the buckets of one name in two regions apart', () => {
    const [first, ...others] = tasksOf('aaa');
    const region = aRegion('ap-shanghai');
    const moved = others.map((task): Task => {
      if (task.lease.kind !== 'job') return task;
      return { kind: 'look', lease: { ...task.lease, job: { ...task.lease.job, region } } };
    });
    expect(idsOf(new Turns([...moved, ...(first === undefined ? [] : [first])]))).toEqual(['a1', 'a0', 'a2']);
  });

  test('are for whoever has fewer under way: one that is slow holds no place that another can use', () => {
    const turns = new Turns(tasksOf('aaaaaabbbbbb'));
    const iterator = turns[Symbol.iterator]();
    const take = (): Task => {
      const { value } = iterator.next();
      if (value === undefined) throw new Error('there is nothing left');
      return value;
    };
    const underWay = [take(), take(), take(), take()];
    expect(underWay.map(({ lease }) => lease.id)).toEqual(['a0', 'b6', 'a1', 'b7']);
    // The tasks of `a` never end; each one of `b` that does makes room for one of `b`.
    for (const expected of ['b8', 'b9', 'b10', 'b11']) {
      const ended = underWay.find(({ lease }) => lease.id.startsWith('b'));
      if (ended === undefined) throw new Error('none of the other bucket is under way');
      underWay.splice(underWay.indexOf(ended), 1);
      turns.ended(ended);
      const next = take();
      expect(next.lease.id).toBe(expected);
      underWay.push(next);
    }
    // Who has nothing left leaves its places to the others.
    for (const task of underWay.filter(({ lease }) => lease.id.startsWith('b'))) turns.ended(task);
    expect([take(), take()].map(({ lease }) => lease.id)).toEqual(['a2', 'a3']);
  });

  test('do not change by the end of a task that is none of theirs', () => {
    const turns = new Turns(tasksOf('aab'));
    for (const task of tasksOf('c')) turns.ended(task);
    expect(idsOf(turns)).toEqual(['a0', 'b2', 'a1']);
  });

  test('take every task once, each bucket’s in their order, however they end', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.'), maxLength: 40 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (letters, endings) => {
          const tasks = tasksOf(letters);
          const turns = new Turns(tasks);
          const taken: Task[] = [];
          const underWay: Task[] = [];
          for (const task of turns) {
            taken.push(task);
            underWay.push(task);
            const [ended] = underWay.splice((endings[taken.length] ?? 0) % underWay.length, 1);
            if (ended !== undefined && taken.length % 3 !== 0) turns.ended(ended);
          }
          const of = (letter: string, all: Iterable<Task>): readonly string[] =>
            idsOf(all).filter((id) => id.startsWith(letter));
          for (const letter of 'abc.') expect(of(letter, taken)).toEqual(of(letter, tasks));
        },
      ),
    );
  });
});
