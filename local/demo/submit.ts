import { createDocProcessJob } from '../../lib/doc-jobs/create.js';
import { sourceKindOf } from '../../lib/doc-jobs/source-types.js';
import { millis } from '../../lib/domain/units.js';
import { SCRIPT_HEADER, writeScript } from '../ci/script.js';
import type { DemoJob } from './scenario.js';
import { BUCKETS } from './scenario.js';
import { bucketOf, PENDING_QUEUE, regionOf, type Stage } from './stage.js';

/** A demo job that is in the queue. */
export interface Submitted {
  readonly job: DemoJob;
  /** How the queue's message names it: a job ID, or the whole body of a message that is none. */
  readonly name: string;
}

/** Puts a source document, submits it through the create call, and enqueues its job; or puts somebody else's message into the queue. */
export async function submit(stage: Stage, job: DemoJob): Promise<Submitted> {
  if (job.kind === 'message') {
    stage.cloud.sqs.send(PENDING_QUEUE, job.body);
    return { job, name: job.body };
  }
  const source = { bucket: bucketOf(job.bucket), region: regionOf(regionNameOf(job.bucket)) };
  await stage.client.send(
    {
      family: 'cos',
      ...source,
      method: 'PUT',
      path: `/${job.object}`,
      headers: { 'content-type': 'application/octet-stream', [SCRIPT_HEADER]: writeScript(job.script) },
      body: Buffer.from(`the document ${job.object}\n`),
    },
    () => undefined,
  );
  const isSpreadsheet = sourceKindOf(job.object, undefined) === 'spreadsheet';
  const extension = isSpreadsheet ? '${SheetID}/${Page}.png' : '${Number}.png';
  const created = await createDocProcessJob(stage.client, source, {
    object: job.object,
    output: {
      bucket: bucketOf(job.output),
      region: regionOf(regionNameOf(job.output)),
      object: `out/${job.object.slice('in/'.length)}/${extension}`,
    },
    targetType: 'png',
  });
  const [result] = await stage.queue.enqueue(
    [
      {
        jobId: created.jobId,
        ...source,
        ...(created.creationTime === null ? {} : { createdAt: created.creationTime.at }),
      },
    ],
    millis(0),
  );
  if (result?.ok !== true)
    throw new Error(`job ${created.jobId} was created but not enqueued`, { cause: result?.error });
  return { job, name: created.jobId };
}

function regionNameOf(bucket: string): string {
  const region = Object.entries(BUCKETS).find(([name]) => name === bucket)?.[1];
  if (region === undefined) throw new Error(`the demo has no bucket ${bucket}`);
  return region;
}
