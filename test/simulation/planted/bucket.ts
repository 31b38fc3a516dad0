import type { PlantedBug } from './catalogue.js';

/** Bugs that a queue in a bucket could have. */
export const PLANTED_IN_BUCKET: readonly PlantedBug[] = (
  [
    {
      name: 'what is removed is the job, not the instance that was looked at, so that a redrive is lost to a late delete',
      file: 'lib/queue/bucket.ts',
      find: 'await deleteObject(this.#settling, queue, leased.object.key);',
      replace: `const { listObjects } = await import('../cos/list-objects.js');
    const prefix = leased.object.key.replace(/~.*/, '');
    const { objects } = await listObjects(this.#settling, queue, { prefix, marker: '' });
    for (const { key: each } of objects) await deleteObject(this.#settling, queue, each);`,
      within: 10,
      firstSeed: 9,
      breaks: [1],
    },
    {
      name: 'a dead letter is stored after its pending object was removed',
      file: 'lib/queue/bucket.ts',
      find: `await putObject(this.#settling, deadLetters, key, Buffer.from(body), JSON_TYPE);
    await deleteObject(this.#settling, queue, leased.object.key);`,
      replace: `await deleteObject(this.#settling, queue, leased.object.key);
    await putObject(this.#settling, deadLetters, key, Buffer.from(body), JSON_TYPE);`,
      within: 20,
      breaks: [1],
    },
    {
      name: 'a checkpoint claims looks at leases that were handed back',
      file: 'lib/queue/bucket.ts',
      find: 'if (wasLookedAt) this.#reader.looked(lease);',
      replace: 'this.#reader.looked(lease);',
      within: 30,
      breaks: [4],
    },
    {
      name: 'a checkpoint claims looks that are still to be made',
      file: 'lib/queue/bucket-reader.ts',
      find: 'const claim = withoutOpen ?? this.#round.claim;',
      replace: 'const claim = withoutOpen === undefined ? this.#round.claim : this.#round.claim;',
      within: 10,
      breaks: [4],
    },
    {
      name: 'a pass begins at the first key each time, so that a limit on leases starves the last ones',
      file: 'lib/queue/bucket-round.ts',
      find: 'this.#origin = pass?.after ?? prefix;',
      replace: 'this.#origin = prefix;',
      within: 35,
      firstSeed: 30,
      breaks: [3],
    },
    {
      name: 'what a listing shows late has missed its first look',
      file: 'lib/queue/bucket-reader.ts',
      find: 'const LISTING_LAG: Millis = minutes(1);',
      replace: 'const LISTING_LAG: Millis = minutes(0);',
      within: 10,
      firstSeed: 19,
      breaks: [4],
    },
    {
      name: 'a checkpoint from the future is believed',
      file: 'lib/queue/bucket-checkpoint.ts',
      find: 'if (read.output.prefix !== prefix || since > now) return NOTHING_DONE;',
      replace: 'if (read.output.prefix !== prefix) return NOTHING_DONE;',
      within: 150,
      firstSeed: 24,
      breaks: [4],
    },
    {
      name: 'that a list of ended jobs does not show a job is taken for an answer, so that nothing more is asked about it',
      file: 'lib/poller/sweep-plan.ts',
      find: 'return lookedAt === undefined || nextWord(firstSeenAt, lookedAt, policy) <= now;',
      replace: 'return lookedAt === undefined;',
      within: 200,
      firstSeed: 7,
      breaks: [3],
    },
    {
      name: 'a window of ended jobs moves past the older half of those that it answers for',
      file: 'lib/poller/sweep.ts',
      find: 'const query = { ...(queueId === undefined ? {} : { queueId }), states, createdFrom: from, createdTo: to };',
      replace:
        'const query = { ...(queueId === undefined ? {} : { queueId }), states, createdFrom: jobs[jobs.length >> 1]?.createdAt ?? from, createdTo: to };',
      within: 200,
      firstSeed: 7,
      breaks: [3, 4],
    },
    {
      name: 'what is no job is buried without its content',
      file: 'lib/queue/bucket.ts',
      find: 'const { key, body } = bucketDeadLetter(leased, outcome, at, stray);',
      replace: 'const { key, body } = bucketDeadLetter(leased, outcome, at);',
      within: 20,
      breaks: [1],
    },
  ] as const
).map((bug) => ({ ...bug, world: 'bucket' }));
