import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../lib/domain/effects.js';
import { epochMs } from '../../../lib/domain/units.js';
import { systemClock } from '../../../lib/platform/system.js';
import { parseName } from '../../../lib/queue/bucket-name.js';
import { parseMessage } from '../../../lib/queue/message.js';
import type { PendingJob } from '../../../lib/queue/pending-queue.js';
import { aCloud, child, docjob, DOCS, type Ran, type Surround, type Surroundings } from '../command-line.js';

/** A letter as `--json` tells it. */
interface Told {
  readonly id: string;
  readonly jobId: string | null;
  readonly reason: string;
  readonly fate?: string;
}

function linesOf({ stdout }: Ran): readonly Told[] {
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Told); // of the command under test
}

type Kind = 'sqs' | 'cos' | 'cmq';

/** A queue with two dead letters: a job whose bucket was not allowed then, and what holds no job. */
class DeadCloud {
  #shift = 0;
  readonly clock: Clock = {
    now: () => epochMs(Date.now() + this.#shift),
    sleep: (delay, signal) => systemClock.sleep(delay, signal),
  };
  readonly #kind: Kind;
  #surround: Surround | undefined;
  jobId = '';

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  static async start(kind: Kind): Promise<DeadCloud> {
    const dead = new DeadCloud(kind);
    const surround = await aCloud(kind, dead.clock);
    dead.#surround = surround;
    dead.jobId = await surround.makeJob('report.docx');
    const createdAt = dead.clock.now() - 60_000;
    const message = JSON.stringify({ jobId: dead.jobId, ...DOCS, createdAt, queueId: 'p532fdead' });
    expect((await dead.run(['enqueue', message])).code).toBe(0);
    if (kind === 'sqs') surround.cloud.sqs.send('pending', 'a note');
    else if (kind === 'cmq') surround.cloud.cmq.send('pending', 'a note');
    else await surround.cloud.control.putObject(DOCS.bucket, 'docjob/pending/no job', Buffer.from('a note'));
    const run = await dead.run(['poll', '--json'], { env: dead.closed });
    expect(JSON.parse(run.stdout)).toMatchObject({
      deadLettered: { 'not-a-job': 1, 'bucket-not-allowed': 1 },
    });
    return dead;
  }

  get surround(): Surround {
    if (this.#surround === undefined) throw new Error('it was not started');
    return this.#surround;
  }

  /** Settings that do not allow the job's bucket. */
  get closed(): Surround['env'] {
    const other = 'pages-1250000000';
    return {
      ...this.surround.env,
      ALLOWED_BUCKETS: other,
      SOURCE_BUCKET: other,
      SOURCE_REGION: 'ap-shanghai',
    };
  }

  /** Runs a command, after whatever an earlier one held on CMQ has come back. */
  async run(args: readonly string[], around: Surroundings = {}): Promise<Ran> {
    this.#shift += 31_000;
    return docjob(args, { env: this.surround.env, clock: this.clock, ...around });
  }

  /** The only pending job. */
  async pending(): Promise<PendingJob | undefined> {
    const { cloud } = this.surround;
    if (this.#kind === 'cos') {
      const [key = ''] = await cloud.control.listKeys(DOCS.bucket, 'docjob/pending/');
      const parsed = parseName(key.slice('docjob/pending/'.length), DOCS);
      return parsed.kind === 'job' ? parsed.job : undefined;
    }
    const body =
      this.#kind === 'sqs'
        ? cloud.sqs.messages('pending')[0]?.content.body
        : cloud.cmq.messages('pending')[0]?.body;
    const parsed = parseMessage(body ?? '', DOCS);
    return parsed.kind === 'job' ? parsed.job : undefined;
  }
}

describe.each(['sqs', 'cos', 'cmq'] as const)('docjob dead on %s', (kind) => {
  test('lists, redrives and drops, and the job gets its manifest', async () => {
    const dead = await DeadCloud.start(kind);
    const { jobId } = dead;
    const listed = linesOf(await dead.run(['dead', 'list', '--json']));
    expect(listed.map(({ reason }) => reason).sort()).toEqual(['bucket-not-allowed', 'not-a-job']);
    const detail: unknown = expect.stringContaining('docs-1250000000');
    expect(listed).toContainEqual(expect.objectContaining({ jobId, queueId: 'p532fdead', detail }));
    const stray = String(listed.find(({ reason }) => reason === 'not-a-job')?.id);

    const refused = await dead.run(['dead', 'redrive', '--all', '--json'], { env: dead.closed });
    expect([refused.code, ...linesOf(refused).map(({ fate }) => fate)]).toEqual([1, 'refused', 'refused']);
    expect(await dead.pending()).toBeUndefined();

    const before = dead.clock.now();
    const redriven = await dead.run(['dead', 'redrive', '--all', '--json']);
    expect(redriven.code).toBe(1);
    expect(linesOf(redriven)).toContainEqual(expect.objectContaining({ jobId, fate: 'redriven' }));
    expect(linesOf(redriven)).toContainEqual(expect.objectContaining({ id: stray, fate: 'refused' }));
    const pending = await dead.pending();
    expect(pending).toMatchObject({ jobId, queueId: 'p532fdead' });
    expect(pending?.redrivenAt).toBeGreaterThanOrEqual(before);
    expect(pending?.createdAt).toBeLessThan(before - 60_000);
    expect(pending?.firstSeenAt).toBeLessThan(before);
    const run = await dead.run(['poll', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ finished: { Success: 1 } });

    const dropped = await dead.run(['dead', 'drop', stray, '--yes', '--json']);
    const fate = expect.objectContaining({ id: stray, fate: 'dropped', body: 'a note' }) as unknown;
    expect([dropped.code, linesOf(dropped)]).toEqual([0, [fate]]);
    expect(linesOf(await dead.run(['dead', 'list', '--json']))).toEqual([]);
  });
});

describe('docjob dead', () => {
  test('tells in words, and all about one, to a process of its own', async () => {
    const surround = await aCloud();
    const { cloud } = surround;
    cloud.sqs.send('dead', '{"jobId":"d1","bucket":"docs-1250000000","region":"ap-beijing"}');
    const list = await child(['dead', 'list'], surround).ended;
    expect([list.code, list.stderr]).toEqual([0, '1 dead letter\n']);
    expect(list.stdout).toMatch(/^d1 {2}receive-limit {2}since \d{4}-\d\d-\d\dT[\d:.]+Z$/m);
    const { code, stdout } = await docjob(['dead', 'show', 'd1'], surround);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^source +docs-1250000000 \(ap-beijing\)$/m);
    expect(stdout).toMatch(/^body +\{"jobId":"d1"/m);
    // Both have given back what they read.
    expect(cloud.sqs.counts('dead')).toMatchObject({ visible: 1, inFlight: 0 });
  });

  test('gives back what it read, quietly, where nobody reads on (docjob dead list | head)', async () => {
    const surround = await aCloud();
    for (let job = 0; job < 25; job += 1) surround.cloud.sqs.send('dead', `d${job}`);
    const list = child(['dead', 'list'], surround);
    list.process.stdout?.destroy();
    const { code, stderr } = await list.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(surround.cloud.sqs.counts('dead')).toMatchObject({ visible: 25, inFlight: 0 });
  });

  test('reads on no longer where the letters are found that are named by their own IDs', async () => {
    const surround = await aCloud();
    for (let job = 0; job < 30; job += 1) surround.cloud.sqs.send('dead', `d${job}`);
    const id = linesOf(await docjob(['dead', 'list', '--json'], surround))[0]?.id ?? '';
    const receives = (): number => surround.cloud.sqs.calls('ReceiveMessage');
    for (const args of [
      ['show', id],
      ['redrive', id, '--dry-run'],
      ['drop', id, '--yes'],
    ]) {
      const before = receives();
      expect((await docjob(['dead', ...args], surround)).code).toBe(0);
      expect(receives() - before).toBe(1);
    }
    expect(surround.cloud.sqs.counts('dead')).toMatchObject({ visible: 29, inFlight: 0 });
  });

  test('says what would be sent back, and leaves it', async () => {
    const surround = await aCloud();
    surround.cloud.sqs.send('dead', 'd1');
    const { code, stdout, stderr } = await docjob(['dead', 'redrive', '--all', '--dry-run'], surround);
    expect([code, stdout]).toEqual([0, 'would redrive  d1\n']);
    expect(stderr).toBe('1 of 1 would be sent back; nothing was changed\n');
    expect(surround.cloud.sqs.messages('dead')).toHaveLength(1);
    expect(surround.cloud.sqs.messages('pending')).toEqual([]);
  });

  test('sends back those of one reason, or those that are named, and no other', async () => {
    const surround = await aCloud();
    for (const body of ['d1', 'd2', 'd3']) surround.cloud.sqs.send('dead', body);
    const none = await docjob(['dead', 'redrive', '--reason', 'too-old'], surround);
    expect([none.code, none.stderr]).toEqual([0, '0 of 0 sent back\n']);
    const named = await docjob(['dead', 'redrive', 'd2', 'd9', '--json'], surround);
    expect([named.code, linesOf(named).map(({ jobId }) => jobId)]).toEqual([5, ['d2']]);
    expect(named.stderr).toContain('there is no dead letter of d9');
    const reason = await docjob(['dead', 'redrive', '--reason', 'receive-limit', '--json'], surround);
    expect(
      linesOf(reason)
        .map(({ jobId }) => jobId)
        .sort(),
    ).toEqual(['d1', 'd3']);
    expect(surround.cloud.sqs.messages('dead')).toEqual([]);
  });

  test('leaves the dead letter where the queue does not take the job, and both where it cannot be removed', async () => {
    const surround = await aCloud();
    const { sqs } = surround.cloud;
    sqs.send('dead', 'd1');
    sqs.fail('SendMessageBatch', { kind: 'refuse', as: 'InternalError' }, 3);
    const failed = await docjob(['dead', 'redrive', 'd1'], surround);
    expect([failed.code, failed.stdout]).toEqual([
      1,
      expect.stringMatching(/^failed {4}d1 {2}SendMessageBatch .*\[queue-unavailable\]$/m),
    ]);
    expect([sqs.messages('pending').length, sqs.messages('dead').length]).toEqual([0, 1]);
    sqs.fail('DeleteMessageBatch', { kind: 'refuse', as: 'InternalError' }, 3);
    const kept = await docjob(['dead', 'redrive', 'd1'], surround);
    expect([kept.code, kept.stdout]).toEqual([1, expect.stringMatching(/^kept {6}d1 {2}the job went back/)]);
    expect([sqs.messages('pending').length, sqs.messages('dead').length]).toEqual([1, 1]);
  });

  test('ends with 5 where there is nothing to show', async () => {
    const { code, stderr } = await docjob(['dead', 'show', 'd1'], await aCloud());
    expect([code, stderr]).toEqual([5, expect.stringContaining('there is no dead letter of d1 in http')]);
  });

  test.each([
    ['y\n', 0, 0],
    ['no\n', 1, 1],
  ])('asks on a terminal before it drops any, and takes %j for its answer', async (stdin, exitCode, left) => {
    const surround = await aCloud();
    surround.cloud.sqs.send('dead', 'd1');
    const { code, stderr } = await docjob(['dead', 'drop', 'd1'], { ...surround, stdin, isTTY: true });
    expect([code, stderr]).toEqual([exitCode, expect.stringContaining('remove 1 for good? [y/N]')]);
    expect(surround.cloud.sqs.messages('dead')).toHaveLength(left);
  });

  test.each([
    [['dead', 'redrive'], 'name jobs, or give --all or --reason'],
    [['dead', 'redrive', 'd1', '--all'], 'cannot go together'],
    [['dead', 'drop', '--all'], 'give --yes'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await docjob(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
