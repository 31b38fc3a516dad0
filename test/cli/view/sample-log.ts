/** Lines as the poller logs them, of `runs` runs, a minute apart: most go well, some end in dead letters, and for a while the service is busy. */
export function sampleLog(runs: number): readonly string[] {
  const lines: string[] = [];
  const start = Date.UTC(2026, 0, 1, 8);
  const reasons = [
    ['too-old', 'the job had not ended after 3 days: CI says Running'],
    ['unknown-job', 'CI does not know the job after 1 hour'],
    [
      'output-not-allowed',
      'the output bucket elsewhere-1999999999 is not allowed: add it to ALLOWED_BUCKETS and redrive the job',
    ],
  ] as const;
  for (let run = 0; run < runs; run += 1) {
    const time = new Date(start + run * 60_000).toISOString();
    const log = (level: string, event: string, fields: Record<string, unknown>): void =>
      void lines.push(JSON.stringify({ time, level, event, requestId: `run-${run}`, ...fields }));
    const isBusy = run > runs / 2 && run < runs * 0.6;
    const finished = Math.round(24 + 14 * Math.sin(run / 25) + ((run * 7) % 6));
    for (let job = 0; job < finished; job += 1) {
      const stalenessMs = Math.round(
        1_000 * Math.exp(1.1 + ((run * 31 + job * 17) % 23) / 10 + (isBusy ? 1.4 : 0)),
      );
      log('info', 'manifest-written', {
        jobId: nameOf(run * 100 + job),
        state: 'Success',
        complete: true,
        stalenessMs,
      });
    }
    const [reason, detail] = reasons[run % 3] ?? reasons[0];
    const isDead = run % 26 === 13;
    if (isDead) {
      const bucket = 'docs-1250000000';
      log('warn', 'dead-letter', {
        lease: `m-${run}`,
        jobId: nameOf(run),
        bucket,
        reason,
        detail,
        requestId: 'NjBhYzEyMzRfOGM0Y18xYjc2',
      });
    }
    for (let failure = 0; isBusy && failure < 3; failure += 1) {
      const code = failure === 0 ? 'InternalError' : 'SlowDown';
      const message = `GET docs-1250000000.ci.ap-beijing /doc_jobs/${nameOf(failure)} failed with ${code} (status 503)`;
      log('warn', 'look-failed', {
        code,
        message,
        requestId: 'NjBhYzEyMzRfOGM0Y18xYjc2',
        jobId: nameOf(failure),
      });
    }
    const failed = run % 9 === 4 ? 1 : 0;
    log('info', 'run-finished', {
      report: {
        leased: finished + 20,
        finished: {
          Success: finished - failed,
          ...(failed === 0 ? {} : { Failed: failed }),
          ...(run % 40 === 7 ? { Cancel: 1 } : {}),
        },
        incomplete: run === 5 ? 1 : 0,
        waiting: 20,
        returned: isBusy ? 2 : 0,
        deadLettered: isDead ? { [reason]: 1 } : {},
        unsettled: 0,
        errors: isBusy ? { throttled: 2, transient: 1 } : {},
        states: {},
        oldestAgeMs: 1_000,
        stalestManifestMs: 2_000,
        calls: { attempts: { ci: finished + 21, cos: finished }, retries: isBusy ? 3 : 0 },
        durationMs: 9_000,
        stopped: isBusy ? 'throttled' : 'queue-empty',
      },
    });
  }
  return lines;
}

/** A job ID that looks like one. */
function nameOf(number: number): string {
  return `d${(number * 2_654_435_761).toString(16).padStart(16, '0').slice(0, 16).repeat(2)}`;
}

/** Lines as a stream gives them: in pieces that end anywhere. */
export async function* inPieces(lines: readonly string[], size = 10_000): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
