import * as v from 'valibot';
import { parseConfig } from '../../lib/config.js';
import { between, type EpochMs } from '../../lib/domain/units.js';
import { readContents, type HeldJob, type QueueContents } from '../../lib/queue/queue-contents.js';
import { command } from '../command.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { fieldLines } from '../output.js';
import { noDeadline, withEffects } from '../services.js';
import { safe, type Style } from '../style.js';

/** `docjob list`: what is pending. */
export const list = command({
  name: 'list',
  summary: 'list the pending jobs, or say how many there are',
  details:
    'Where the queue is in a bucket it prints a line for each job, with --json one of JSON. SQS tells about how many messages there are; CMQ tells ' +
    'neither to those who may only send and receive. Takes nothing from the queue.',
  examples: [
    { line: 'docjob list', says: 'of the queue in QUEUE_URL' },
    { line: 'docjob list --json --profile prod', says: 'for a script' },
  ],
  args: v.object({}),
  run: async (_args, context) => {
    const settings = await context.settings();
    const { queue } = parseConfig(settings);
    return withEffects(context, 1, async (effects) => {
      const bounded = { ...effects, deadline: noDeadline(context) };
      await tell(await readContents(queue, bounded, context.signal), queue.queue.url, context);
      return EXIT.ok;
    });
  },
});

async function tell(contents: QueueContents, queue: string, { output, clock }: Context): Promise<void> {
  switch (contents.kind) {
    case 'jobs': {
      let count = 0;
      for await (const job of contents.jobs) {
        count += 1;
        const now = clock.now();
        output.item(inJson(job, now), (style) => inWords(job, now, style));
      }
      output.note(count === 1 ? '1 pending job' : `${count} pending jobs`);
      return;
    }
    case 'counts': {
      const { visible, inFlight, delayed } = contents.counts;
      const fields = [
        ['due', visible],
        ['taken, or waiting for their next look', inFlight],
        ['delayed', delayed],
      ] as const;
      output.item({ queue, ...contents.counts }, (style) => fieldLines(fields, style));
      output.note('numbers of SQS, which are approximate; it cannot tell which jobs they are');
      return;
    }
    case 'untold': {
      const words =
        'CMQ tells no counts to those who may only send and receive: its console and its metrics do';
      output.item({ queue, visible: null, inFlight: null, delayed: null }, () => words);
    }
  }
}

function inJson({ id, content, firstSeenAt }: HeldJob, now: EpochMs): unknown {
  const job = content.kind === 'job' ? content.job : undefined;
  return {
    id,
    jobId: job?.jobId ?? null,
    bucket: job?.bucket ?? null,
    region: job?.region ?? null,
    queueId: job?.queueId ?? null,
    problem: content.kind === 'job' ? null : content.problem,
    createdAt: iso(job?.createdAt),
    firstSeenAt: iso(firstSeenAt),
    redrivenAt: iso(job?.redrivenAt),
    ageSeconds: Math.max(0, Math.round(between(firstSeenAt, now) / 1_000)),
  };
}

function inWords({ content, firstSeenAt }: HeldJob, now: EpochMs, { yellow, dim }: Style): string {
  const age = ageText(Math.max(0, between(firstSeenAt, now)));
  if (content.kind === 'not-a-job') return `${yellow('no job')}  ${age}  ${safe(content.problem)}`;
  const { jobId, bucket, region, createdAt } = content.job;
  const created = createdAt === undefined ? '' : `, created ${iso(createdAt)}`;
  return `${jobId}  ${age}  ${bucket} (${region})  ${dim(`first seen ${iso(firstSeenAt)}${created}`)}`;
}

/** In the largest unit that it has two of. */
function ageText(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const;
  const [name, length] = units.find(([, unit]) => ms >= 2 * unit) ?? ['s', 1_000];
  return `${Math.floor(ms / length)}${name}`.padStart(4);
}

function iso(moment: EpochMs | undefined): string | null {
  return moment === undefined ? null : new Date(moment).toISOString();
}
