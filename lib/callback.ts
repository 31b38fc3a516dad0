import { answerOf, type Reply } from './callback/answer.js';
import { parseCallbackConfig, type CallbackConfig } from './callback/config.js';
import { formOf, MAX_BODY_BYTES, readNotice, type NamedJob } from './callback/notice.js';
import { isAuthentic } from './callback/secret.js';
import { settle } from './callback/settle.js';
import { openTransport } from './cos/transport.js';
import { deployedFunction, type FunctionEffects } from './deployed-function.js';
import type { Environment } from './env-reader.js';
import { bodyBytes, type UrlAnswer, type UrlCall } from './platform/function-url.js';
import type { PendingJob } from './queue/pending-queue.js';
import type { Log } from './telemetry/log.js';

/**
 * The callback function without its platform: takes CI's `TaskFinish` over HTTP as a hint, looks at the jobs that it names, and queues those that
 * the look does not settle.
 *
 * @returns a function that answers one request, whatever is in it; it throws ConfigError only.
 */
export function createCallback(
  env: Environment,
  effects: FunctionEffects,
): (call: UrlCall) => Promise<UrlAnswer> {
  return deployedFunction(env, effects, parseCallbackConfig, async (call: UrlCall, config, log) =>
    answerOf(await handle(call, config, effects, log)),
  );
}

async function handle(
  call: UrlCall,
  config: CallbackConfig,
  { clock, random }: FunctionEffects,
  log: Log,
): Promise<Reply> {
  const { request, credentials } = call;
  // First of all: whoever does not know the secret learns nothing and costs nothing. The path is not logged: it may be last week's secret.
  if (!isAuthentic(request.path, config.secrets)) {
    log.warn('callback-refused', { why: 'the path does not end in the secret' });
    return { kind: 'not-found' };
  }
  if (request.method !== 'POST') return { kind: 'not-a-post' };
  const body = bodyBytes(request, MAX_BODY_BYTES);
  if (body === undefined) {
    log.warn('callback-too-large', { characters: request.body.length });
    return { kind: 'too-large' };
  }
  const about = { bytes: body.length, form: formOf(body) };
  const notice = readNotice(body);
  switch (notice.kind) {
    case 'unreadable':
      log.warn('callback-unreadable', { ...about, problem: `the body ${notice.problem}` });
      return { kind: 'unreadable' };
    case 'other-event':
      log.info('callback-ignored', { ...about, why: 'another event than the end of a job' });
      return { kind: 'ignored' };
    case 'jobs': {
      const { unusable, foreign } = notice;
      const jobs = notice.jobs.map((job) => pendingJob(job, config, log));
      // Connections live no longer than the call: the platform freezes us between calls, and the service closes them unseen.
      const transport = openTransport({ maxSockets: config.run.concurrency });
      try {
        const effects = { transport, credentials, clock, random };
        const settled = await settle(jobs, { config, call, effects, log });
        log.info('callback-handled', { ...about, ...settled, unusable, foreign });
        return { kind: 'jobs', settled };
      } finally {
        transport.close();
      }
    }
  }
}

/**
 * Where to ask about a job: in the bucket that the sender names if it is another one of ours, for one URL can serve the queues of several; else
 * in the configured one, whose region we know better, and where the job is found, or ends as unknown like any other that nobody knows.
 */
function pendingJob({ jobId, claimed }: NamedJob, { run }: CallbackConfig, log: Log): PendingJob {
  if (claimed === undefined || claimed.bucket === run.source.bucket) return { jobId, ...run.source };
  if (run.isAllowedBucket(claimed.bucket)) return { jobId, ...claimed };
  log.warn('callback-bucket-not-allowed', { jobId, bucket: claimed.bucket, askedInstead: run.source.bucket });
  return { jobId, ...run.source };
}
