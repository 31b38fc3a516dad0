import type { PromiseNumber } from '../checks/violations.js';
import type { SourceChange } from '../run-in-worker.js';
import type { WorldName } from '../scenario.js';

/** A bug to plant: one change to one source file. */
export interface PlantedBug extends SourceChange {
  readonly name: string;
  /** The kind of queue that it is looked for in; SQS unless said otherwise. */
  readonly world?: WorldName;
  /** Within so many seeds it must be found. */
  readonly within: number;
  /** The first of these seeds; 1 unless the bug shows so late that a test run would take long. */
  readonly firstSeed?: number;
  /** Which promises it may be found by. */
  readonly breaks: readonly PromiseNumber[];
}

/** Bugs that a poller could have, and that the simulation must find. What is to be changed stands in its file exactly once, or planting fails. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a job is acknowledged before its manifest is written',
    file: 'lib/poller/look.ts',
    find: 'const written = await write(lease.job, ended, complete, location, deps);',
    replace:
      'const written = {} as Notice; write(lease.job, ended, complete, location, deps).catch(() => undefined);',
    within: 20,
    breaks: [0, 1, 5],
  },
  {
    name: 'a notice is sent after the acknowledgement',
    file: 'lib/poller/settler.ts',
    find: '    const told = await this.#announce(entries);',
    replace: '    const told = entries;\n    void this.#announce(entries);',
    within: 60,
    breaks: [1],
  },
  {
    name: 'a manifest depends on the clock',
    file: 'lib/manifest/build.ts',
    find: 'endTime: job.endTime?.iso ?? null,',
    replace: 'endTime: new Date(performance.now()).toISOString(),',
    within: 20,
    breaks: [2],
  },
  {
    name: 'a job that CI does not know is dropped',
    file: 'lib/poller/look.ts',
    find: "if (decision.kind !== 'finish') return { kind: 'settle', outcome: outcomeOf(decision) };",
    replace:
      "if (observation.kind === 'answered' && observation.answer.kind === 'missing') return { kind: 'settle', outcome: { kind: 'done' } };\n  if (decision.kind !== 'finish') return { kind: 'settle', outcome: outcomeOf(decision) };",
    within: 50,
    breaks: [1],
  },
  {
    name: 'delays have no jitter',
    file: 'lib/poller/schedule.ts',
    find: 'share * (1 - policy.jitter * random)',
    replace: 'share * (1 - policy.jitter * random * 0)',
    within: 30,
    breaks: [5],
  },
  {
    name: 'a refusal of a bucket is swallowed',
    file: 'lib/poller/look.ts',
    find: "if (error.disposition !== 'configuration') log.warn('look-failed', fields);",
    replace:
      "if (error.disposition === 'configuration') return { ok: false, error };\n    if (error.disposition !== 'configuration') log.warn('look-failed', fields);",
    within: 30,
    breaks: [7],
  },
  {
    name: "one bucket's refusal stops all others",
    file: 'lib/poller/look.ts',
    find: "error.disposition === 'credentials'",
    replace: "error.disposition === 'credentials' || error.disposition === 'configuration'",
    within: 30,
    breaks: [1, 7],
  },
  {
    name: 'a job is given up by the age that somebody claims',
    file: 'lib/poller/decide.ts',
    find: 'return between(epochMs(Math.max(firstSeenAt, believed)), now);',
    replace: 'return between(epochMs(Math.max(pending.createdAt ?? firstSeenAt, redrivenAt ?? 0)), now);',
    within: 50,
    breaks: [1],
  },
  {
    name: 'retries have no bound',
    file: 'lib/cos/client.ts',
    find: 'if (state.retries >= this.#policy.retries || !this.#budget.spend()) return undefined;',
    replace: 'this.#budget.spend();',
    within: 100,
    breaks: [5],
  },
  {
    name: 'Retry-After is ignored',
    file: 'lib/cos/backoff.ts',
    find: 'if (/^\\d+$/.test(text)) return seconds(Number(text));',
    replace: 'if (text.length < 100) return undefined;',
    within: 50,
    breaks: [5],
  },
  {
    name: 'a Retry-After holds only the request that got it',
    file: 'lib/cos/client.ts',
    find: 'host.hold(after(this.#effects.clock.now(), clamped));',
    replace:
      'state.host = new HostPressure(this.#effects.clock, this.#policy.requestsPerSecond);\n' +
      '    state.host.hold(after(this.#effects.clock.now(), clamped));',
    within: 50,
    breaks: [5],
  },
  {
    name: 'looks are started that cannot end in time',
    file: 'lib/poller/budget.ts',
    find: 'return between(now, lookUntil(leaseUntil, budget)) >= budget.lookTime;',
    replace: 'return between(now, lookUntil(leaseUntil, budget)) >= 0;',
    within: 100,
    breaks: [6],
  },
  {
    name: 'requests are given more time than the run has',
    file: 'lib/cos/client.ts',
    find: 'timeout: millis(Math.min(this.#policy.attemptTimeout, remaining)),',
    replace: 'timeout: this.#policy.attemptTimeout,',
    within: 100,
    breaks: [6],
  },
  {
    name: 'leases that a run has no time for are not handed back',
    file: 'lib/poller/run.ts',
    find: 'if (result === undefined) await this.#handBack(lease);',
    replace: 'if (result === undefined) return;',
    within: 100,
    breaks: [6],
  },
  {
    name: 'a body that was cut short is read',
    file: 'lib/cos/xml.ts',
    find: 'if (problem !== undefined) throw refuse(problem);',
    replace: '',
    within: 150,
    breaks: [2, 7],
  },
  {
    name: 'an incomplete manifest is written over a fuller one',
    file: 'lib/manifest/write.ts',
    find: 'if (stored !== undefined && outranks(stored, manifest))',
    replace: 'if (stored === undefined && outranks({ ...META, pages: 0, complete: false }, manifest))',
    within: 50,
    breaks: [2],
  },
  {
    name: 'a job whose pages are still coming counts as whole',
    file: 'lib/poller/decide.ts',
    find: 'const counted = counts.succeeded ?? 1;',
    replace: 'const counted = 0;',
    within: 50,
    breaks: [2],
  },
  {
    name: 'pages that never come are waited for less than ten minutes',
    file: 'lib/poller/decide.ts',
    find: 'about.now < after(endedAt, FILL_GRACE)',
    replace: 'about.now < after(endedAt, millis(FILL_GRACE / 4))',
    within: 50,
    breaks: [2],
  },
  {
    name: 'an answer about another job is trusted',
    file: 'lib/doc-jobs/decode.ts',
    find: 'if (job.jobId !== asked) throw',
    replace: 'if (job.jobId === asked && unknown) throw',
    within: 100,
    breaks: [1, 2, 7],
  },
  {
    name: 'manifests go wherever CI says',
    file: 'lib/manifest/location.ts',
    find: 'if (!isAllowed(bucket)) {',
    replace: 'if (!isAllowed(bucket) && bucket.length < 1) {',
    within: 20,
    breaks: [8],
  },
  {
    name: 'an unknown state is taken for an end',
    file: 'lib/doc-jobs/decode-job.ts',
    find: "return { ...facts, state: 'Unrecognized', reportedState: state };",
    replace: "return { ...facts, state: 'Failed' };",
    within: 50,
    breaks: [2, 7],
  },
  {
    name: 'an unknown state is not logged',
    file: 'lib/poller/look.ts',
    find: "answer.job.state === 'Unrecognized') {",
    replace: "answer.job.state === 'Unrecognized' && answer.job.code === null) {",
    within: 50,
    breaks: [7],
  },
  {
    name: 'a message is deleted before its dead letter is sent',
    file: 'lib/queue/sqs-settle.ts',
    find: 'const sendErrors = await sendInBatches(messages, {',
    replace:
      'await remove(messages.map(({ delivery }) => delivery), target);\n  const sendErrors = await sendInBatches(messages, {',
    within: 50,
    breaks: [1],
  },
  {
    name: 'a dead letter that was not sent is deleted all the same',
    file: 'lib/queue/sqs-settle.ts',
    find: 'messages.filter((_, index) => sendErrors[index] === undefined)',
    replace: 'messages.filter((_, index) => sendErrors[index] === undefined || true)',
    within: 20,
    // From seed 1 on it is found at seed 371.
    firstSeed: 360,
    breaks: [1],
  },
  {
    name: 'leases last far longer than their run',
    file: 'lib/queue/sqs-times.ts',
    find: 'const hold = Math.max(0, between(askedAt, holdUntil)) + LEASE_MARGIN;',
    replace: 'const hold = 10 * Math.max(0, between(askedAt, holdUntil)) + LEASE_MARGIN;',
    within: 20,
    breaks: [4],
  },
  {
    name: 'a run ends at the first receive, whatever is still due',
    file: 'lib/poller/gatherer.ts',
    find: 'if (!hasMore || clock.now() >= until) break;',
    replace: "course.stop('queue-empty');\n      break;",
    within: 50,
    breaks: [3, 4],
  },
  {
    name: 'looks come twice as late',
    file: 'lib/queue/sqs-times.ts',
    find: 'Math.ceil(delay / 1_000), Math.floor(room / 1_000)',
    replace: 'Math.ceil(delay / 100), Math.floor(room / 1_000)',
    within: 50,
    breaks: [3],
  },
  {
    name: 'more looks are in flight than set',
    file: 'lib/poller/run.ts',
    find: 'concurrency: looksAtATime(concurrency, client) }',
    replace: 'concurrency: looksAtATime(concurrency + 8, client) }',
    within: 20,
    breaks: [5],
  },
  {
    name: 'requests have no pace',
    file: 'lib/cos/pace.ts',
    find: 'if (wait > 0) await this.#clock.sleep(wait, signal);',
    replace: 'signal.throwIfAborted();',
    within: 50,
    breaks: [5],
  },
  {
    name: 'a run whose key is refused tells nobody',
    file: 'lib/poller/run.ts',
    find: 'if (failure !== undefined) throw new RunError(failure, report);',
    replace: '',
    within: 50,
    breaks: [7],
  },
  {
    name: 'ages are counted by our own clock, however wrong it is',
    file: 'lib/poller/run.ts',
    find: 'requester: this.#client,\n      now: () => this.#client.now(),',
    replace: 'requester: this.#client,\n      now: () => deps.clock.now(),',
    within: 20,
    breaks: [1, 2],
  },
  {
    name: 'an answer to a PUT is not compared with what was sent',
    file: 'lib/manifest/write.ts',
    find: "if (storedCrc64 !== crc64) throw differs('CRC-64', storedCrc64, crc64);",
    replace: '',
    within: 20,
    // From seed 1 on it is found at seed 122.
    firstSeed: 105,
    breaks: [7],
  },
  {
    name: 'a job is acknowledged by what a list says',
    file: 'lib/poller/look.ts',
    find: "if (task.kind === 'look') return undefined;",
    replace:
      "if (task.kind === 'look') return undefined;\n  if (task.kind === 'listed') return { outcome: { kind: 'done' } };",
    within: 50,
    breaks: [1],
  },
  {
    name: 'a list that cannot be had is told of nowhere',
    file: 'lib/poller/lists.ts',
    find: 'this.#onFailure(error);',
    replace: '',
    within: 50,
    breaks: [7],
  },
  {
    name: 'messages quote the key',
    file: 'lib/cos/wire.ts',
    find: 'body: request.body,\n    asked,',
    replace: 'body: request.body,\n    asked: `${asked} ${credentials.secretKey}`,',
    within: 50,
    breaks: [8],
  },
];
