import { after, millis } from '../../lib/domain/units.js';
import type { Environment } from '../../lib/env-reader.js';
import { createPoll } from '../../lib/poll.js';
import { systemClock, systemEffects } from '../../lib/platform/system.js';
import type { FaultRule } from '../../local/faults/fault.js';
import { CloudProcess } from '../cloud/cloud-process.js';
import type { Seen } from '../cloud/messages.js';

/** What a run is set to. */
export interface Setting {
  readonly requestsPerSecond: number;
  readonly concurrency: number;
}

/** Short, so that a run looks at jobs nearly until its end. */
const ATTEMPT_TIMEOUT_MS = 1_000;

/** The embedded cloud in its own process, told to throttle, and runs of the poll function against it. */
export class ThrottledCloud {
  readonly #cloud: CloudProcess;
  readonly #setting: Setting;

  private constructor(cloud: CloudProcess, setting: Setting) {
    this.#cloud = cloud;
    this.#setting = setting;
  }

  static async start(setting: Setting): Promise<ThrottledCloud> {
    return new ThrottledCloud(await CloudProcess.start(), setting);
  }

  /** Makes jobs that have ended. */
  jobs(count: number): Promise<readonly string[]> {
    return this.#cloud.fill(count, 1, 'none');
  }

  /** Makes an empty bucket; CI knows none of the jobs that one asks for there. */
  async makeBucket(bucket: string, region: string): Promise<void> {
    await this.#administer('PUT', `buckets/${bucket}?region=${region}`);
  }

  /** Throttles from now on, instead of what was told before. */
  async throttle(rule: FaultRule): Promise<void> {
    await this.lift();
    await this.#administer('POST', 'faults', JSON.stringify(rule));
  }

  /** Takes every limit away. */
  async lift(): Promise<void> {
    await this.#administer('DELETE', 'faults');
  }

  /** One run over jobs that are given to it, for so many seconds at most; `meanwhile` begins with it. @returns what the cloud saw. */
  async run(
    messages: readonly string[],
    seconds: number,
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Seen> {
    const env: Environment = {
      ...this.#cloud.ready.env.sqs,
      REQUESTS_PER_SECOND: String(this.#setting.requestsPerSecond),
      CONCURRENCY: String(this.#setting.concurrency),
      REQUEST_TIMEOUT_MS: String(ATTEMPT_TIMEOUT_MS),
      LOG_LEVEL: 'error',
    };
    const credentials = {
      secretId: env['TENCENTCLOUD_SECRET_ID'] ?? '',
      secretKey: env['TENCENTCLOUD_SECRET_KEY'] ?? '',
    };
    await this.#cloud.forget();
    const poll = createPoll(env, {
      ...systemEffects,
      writeLine: () => undefined,
    });
    const deadline = after(systemClock.now(), millis(1_000 * seconds));
    const platform = { kind: 'lambda', functionName: 'poll' } as const;
    const call = { deadline, requestId: 'bench', credentials: () => credentials, platform };
    await Promise.all([poll({ ...call, trigger: { kind: 'jobs', messages } }), meanwhile()]);
    await this.lift();
    return this.#cloud.requests();
  }

  close(): Promise<void> {
    return this.#cloud.close();
  }

  async #administer(method: string, path: string, body?: string): Promise<void> {
    const init = body === undefined ? { method } : { method, body };
    const { ok, status } = await fetch(`${this.#cloud.ready.origin}/_cloud/${path}`, init);
    if (!ok) throw new Error(`the embedded cloud answered ${status} to ${method} ${path}`);
  }
}
