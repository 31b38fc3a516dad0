import type { PlantedBug } from './catalogue.js';

/** Bugs that a queue on CMQ could have. */
export const PLANTED_IN_CMQ: readonly PlantedBug[] = (
  [
    {
      name: 'a message that is to be looked at again is deleted before its copy is sent',
      file: 'lib/queue/cmq-settle.ts',
      find: '// Not repeated when the answer is lost: the original is still there, and comes back.',
      replace: 'await this.remove(relayed.map(({ delivery }) => delivery));',
      within: 20,
      breaks: [1],
    },
    {
      name: 'each copy of a job gets a successor of its own, so that copies multiply',
      file: 'lib/queue/cmq-settle.ts',
      find: "lease.kind === 'job' ? jobKey(lease.job) : receiptHandle",
      replace: "lease.kind === 'job' ? `${jobKey(lease.job)} ${receiptHandle}` : receiptHandle",
      within: 50,
      firstSeed: 10,
      breaks: [5],
    },
    {
      name: 'a run forgets that it sent a successor',
      file: 'lib/queue/cmq-settle.ts',
      find: "return lease.kind === 'job' && successors.hasSuccessor(lease, order);",
      replace: "return lease.kind === 'job' && successors.hasSuccessor(lease, order) && order < 0;",
      within: 150,
      firstSeed: 8,
      breaks: [5],
    },
    {
      name: 'a delay is longer than a message may be unacknowledged',
      file: 'lib/queue/cmq-times.ts',
      find: 'return Math.ceil(Math.min(Math.max(0, delay), longest) / 1_000);',
      replace: 'return Math.ceil(Math.min(Math.max(0, delay), longest) / 50);',
      within: 50,
      breaks: [1, 3],
    },
    {
      name: 'a dead letter is sent after its message was deleted',
      file: 'lib/queue/cmq-settle.ts',
      find: 'await this.remove(await this.#sendAll(new Map([[0, letters]]),',
      replace:
        'await this.remove(buried.map(({ delivery }) => delivery));\n    await Promise.all(await this.#sendAll(new Map([[0, letters]]),',
      within: 20,
      breaks: [1],
    },
    {
      name: 'a job counts as first seen by our own clock, however far behind it is',
      file: 'lib/queue/cmq.ts',
      find: 'serverDate ?? sentAt ?? this.#effects.clock.now()',
      replace: 'this.#effects.clock.now()',
      within: 50,
      firstSeed: 9,
      breaks: [1],
    },
    {
      name: 'a lease is used for longer than it holds',
      file: 'lib/queue/cmq-times.ts',
      find: 'after(sentAt, millis(told - GRAIN))',
      replace: 'after(sentAt, millis(told * 10))',
      within: 20,
      breaks: [4],
    },
  ] as const
).map((bug) => ({ ...bug, world: 'cmq' }));
