import { readManifest } from '../../lib/manifest/index.js';
import { BUCKETS, type DemoJob, type Expected } from './scenario.js';
import { bucketOf, DEAD_LETTER_QUEUE, type Stage } from './stage.js';
import type { Submitted } from './submit.js';

/** What became of one demo job. */
export interface JobOutcome {
  readonly job: DemoJob;
  readonly name: string;
  /** What was found; undefined when the job has neither a manifest nor a dead letter. */
  readonly found: Expected | undefined;
  readonly isAsExpected: boolean;
  /** How often CI was asked about it; undefined where that says nothing (a message that is no job). */
  readonly calls: number | undefined;
  /** From the job's end to its manifest; undefined where there is no such moment. */
  readonly stalenessMs: number | undefined;
}

/** Reads every manifest and every dead letter, and holds them against what was expected. */
export async function readOutcomes(
  stage: Stage,
  submitted: readonly Submitted[],
): Promise<readonly JobOutcome[]> {
  const found = new Map([...deadLetters(stage), ...(await manifests(stage))]);
  return submitted.map(({ job, name }) => {
    const outcome = found.get(nameOf(job, name));
    return {
      job,
      name,
      found: outcome,
      isAsExpected: JSON.stringify(outcome) === JSON.stringify(job.expected),
      calls: job.kind === 'document' ? stage.cloud.control.statistics.callsFor(name) : undefined,
      stalenessMs: staleness(stage, job, name),
    };
  });
}

/** The two documented examples share a job ID, so a document is named by its bucket too. */
function nameOf(job: DemoJob, name: string): string {
  return job.kind === 'message' ? name : `${job.bucket} ${name}`;
}

async function manifests({ cloud: { control } }: Stage): Promise<Map<string, Expected>> {
  const found = new Map<string, Expected>();
  for (const bucket of Object.keys(BUCKETS).map(bucketOf)) {
    for (const key of await control.listKeys(bucket, 'manifests/')) {
      const bytes = await control.readObject(bucket, key);
      if (bytes === undefined) continue;
      const { job, pages, complete } = readManifest(bytes);
      found.set(`${job.source.bucket} ${job.jobId}`, {
        kind: 'manifest',
        state: job.state,
        pages: pages.length,
        complete,
      });
    }
  }
  return found;
}

function deadLetters({ cloud: { sqs } }: Stage): Map<string, Expected> {
  return new Map(
    sqs.messages(DEAD_LETTER_QUEUE).map(({ content }) => {
      const reason = content.attributes['docjob-reason']?.StringValue ?? 'receive-limit';
      return [nameInBody(content.body), { kind: 'dead-letter', reason } as Expected]; // compared with what is expected
    }),
  );
}

function nameInBody(body: string): string {
  if (!body.includes('"createdAt"')) return body;
  const { bucket, jobId } = JSON.parse(body) as { bucket: string; jobId: string }; // written by the demo itself
  return `${bucket} ${jobId}`;
}

function staleness({ cloud: { control } }: Stage, job: DemoJob, name: string): number | undefined {
  // The documented answers tell of an end years ago.
  if (job.kind !== 'document' || job.script.documented !== undefined || job.expected.kind !== 'manifest')
    return undefined;
  const endedAt = control.jobs().find(({ jobId }) => jobId === name)?.endedAt;
  const written = control.statistics
    .requests({ family: 'cos', operation: 'PutObject', subject: `manifests/${name}.json` })
    .find(({ status }) => status === 200 || status === 0);
  return endedAt === undefined || written === undefined ? undefined : written.at - endedAt;
}
