import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../lib/domain/effects.js';
import { after, epochMs, hours } from '../../../lib/domain/units.js';
import { systemClock } from '../../../lib/platform/system.js';
import { aCloud, child, docjob, DOCS, type Surround } from '../command-line.js';

/** Two hours ago, and then now: what ended before has ended long ago. */
function lateClock(): {
  readonly clock: Clock;
  readonly catchUp: () => void;
  readonly since: (cloud: Surround['cloud']) => readonly string[];
} {
  let ahead = false;
  const now = (): ReturnType<Clock['now']> => after(epochMs(Date.now() - hours(2)), hours(ahead ? 2 : 0));
  const from = new Date(Date.now() - hours(3)).toISOString();
  const catchUp = (): void => {
    ahead = true;
  };
  // The embedded CI lists no jobs without their queue, as older versions of CI.
  const since = ({ control }: Surround['cloud']): readonly string[] => [
    ...['--from', from],
    ...['--queue-id', control.queueIdOf(DOCS.bucket)],
  ];
  const sleep: Clock['sleep'] = (delay, signal) => systemClock.sleep(delay, signal);
  return { clock: { now, sleep }, catchUp, since };
}

describe('docjob reconcile', () => {
  test('says which option to give where CI lists nothing without a queue', async () => {
    const { env } = await aCloud();
    const { code, stdout, stderr } = await docjob(['reconcile', '--from', '2026-01-01T00:00:00Z'], { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /InvalidArgument: queueId is missing\..*: give --queue-id, .*docjob doctor .* \[usage\]\n$/,
    );
  });

  test('finds the jobs that have no manifest, and enqueues them when told so', async () => {
    const { clock, catchUp, since } = lateClock();
    const surround = await aCloud('sqs', clock);
    const { env, cloud } = surround;
    const done = await surround.makeJob('done.docx');
    cloud.sqs.send('pending', done);
    await docjob(['poll'], { env, clock });
    const lost = await surround.makeJob('lost.docx');
    await surround.makeJob('slow.docx', { ends: 'never' });
    const lately = await docjob(['reconcile', ...since(cloud), '--json'], { env, clock });
    expect([lately.code, JSON.parse(lately.stdout)]).toMatchObject([0, { jobs: { missing: 0, recent: 2 } }]);
    catchUp();

    const found = await child(['reconcile', ...since(cloud)], { env }).ended;
    expect([found.code, found.stderr]).toEqual([1, '']);
    expect(found.stdout).toMatch(/^have a manifest +1$/m);
    expect(found.stdout).toMatch(/^not ended +1$/m);
    expect(found.stdout).toMatch(new RegExp(`^missing {2}${lost} {2}Success, ended `, 'm'));
    expect(cloud.sqs.messages('pending')).toEqual([]);

    const excepted = await docjob(['reconcile', ...since(cloud), '--except', '-', '--json'], {
      env,
      stdin: `${lost}\n`,
    });
    expect([excepted.code, JSON.parse(excepted.stdout)]).toMatchObject([
      0,
      { jobs: { missing: 0, excepted: 1 } },
    ]);

    const enqueued = await docjob(['reconcile', ...since(cloud), '--enqueue', '--json'], { env });
    expect([enqueued.code, JSON.parse(enqueued.stdout)]).toMatchObject([
      0,
      { jobs: { missing: 1 }, enqueued: 1, notEnqueued: [], missing: [{ jobId: lost }] },
    ]);
    await docjob(['poll'], { env });
    expect((await docjob(['reconcile', ...since(cloud)], { env })).code).toBe(0);
  });

  test('leaves alone what a queue in a bucket holds', async () => {
    const { clock, catchUp, since } = lateClock();
    const surround = await aCloud('cos', clock);
    const { env, cloud } = surround;
    await docjob(['enqueue', await surround.makeJob('held.docx')], { env, clock });
    catchUp();
    const { code, stdout } = await docjob(['reconcile', ...since(cloud), '--json'], { env });
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { isQueueKnown: true, jobs: { held: 1, missing: 0 } },
    ]);
  });

  test.each([
    [['--from', 'yesterday'], '--from is "yesterday": expected a time in RFC 3339'],
    [['--from', '2026-01-02T00:00:00Z', '--to', '2026-01-01T00:00:00Z'], '--from must be before --to'],
    [[], "required option '--from <time>' not specified"],
    [
      ['--from', '2026-01-01T00:00:00Z', '--bucket', 'other-1250000000', '--region', 'ap-beijing'],
      'add it to ALLOWED_BUCKETS',
    ],
  ])('refuses %j', async (args, message) => {
    const { env } = await aCloud();
    const closed = { ...env, ALLOWED_BUCKETS: 'docs-1250000000' };
    const { code, stderr } = await docjob(['reconcile', ...args], { env: closed });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
