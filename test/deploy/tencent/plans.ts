import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApi, type Api } from '../../../deploy/tencent/api.js';
import { withCode } from '../../../deploy/tencent/code.js';
import type { DeployedFunction } from '../../../deploy/tencent/framework.js';
import type { WaitEffects } from '../../../deploy/tencent/functions-api.js';
import { codeFile, planFunction, type FunctionPlan } from '../../../deploy/tencent/requests.js';
import type { TencentProvider } from '../../../deploy/tencent/service.js';
import { zip } from '../../../deploy/zip.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { FakeTencentApi, KEY_PAIR } from './fake-api.js';

export const NAME = 'docjob-dev-poll';

export const PROVIDER: TencentProvider = {
  name: 'tencent',
  stage: 'dev',
  region: 'ap-beijing',
  runtime: 'Nodejs20.19',
  environment: { SOURCE_BUCKET: 'docs-1250000000' },
};

export const POLL: DeployedFunction = {
  name: NAME,
  handler: 'index.main_handler',
  description: 'Polls',
  memorySize: 512,
  timeout: 60,
  role: 'docjob-poll',
  maximumInstances: 1,
  asynchronous: { retries: 0, maximumAgeSeconds: 60 },
  events: [
    { timer: { name: 'tick', cron: '0 * * * * * *' } },
    { cos: { bucket: 'docs-1250000000', event: 'cos:ObjectCreated:*', prefix: 'in/' } },
    { url: { name: 'url' } },
  ],
};

/** A fake of the API with a small function that can be deployed to it; time passes only where somebody sleeps. */
export class Stage {
  readonly cloud: FakeTencentApi;
  readonly clock = new VirtualClock();
  /** Progress, as the deployment says it. */
  readonly lines: string[] = [];
  readonly #folder: string;
  readonly #zip: Buffer;

  private constructor(cloud: FakeTencentApi, folder: string, bytes: Buffer) {
    this.cloud = cloud;
    this.#folder = folder;
    this.#zip = bytes;
  }

  static async open(): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'docjob-scf-'));
    const bytes = zip([{ name: 'index.js', bytes: Buffer.from('exports.main_handler = () => 1;\n') }]);
    await writeFile(join(folder, 'poll.zip'), bytes);
    return new Stage(await FakeTencentApi.start(), folder, bytes);
  }

  get zipBase64(): string {
    return this.#zip.toString('base64');
  }

  plan(changes: Partial<DeployedFunction> = {}, provider: Partial<TencentProvider> = {}): FunctionPlan {
    const code = codeFile('poll.zip', this.#zip);
    return planFunction('poll', { ...POLL, ...changes }, { ...PROVIDER, ...provider }, code);
  }

  api(credentials: { readonly secretId: string; readonly secretKey: string } = KEY_PAIR): Api {
    return withCode(openApi({ credentials, endpoint: new URL(this.cloud.origin) }), this.#folder);
  }

  effects(api = this.api()): WaitEffects {
    return { api, region: 'ap-beijing', clock: this.clock, say: (line) => this.lines.push(line) };
  }

  async close(): Promise<void> {
    await this.cloud.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
