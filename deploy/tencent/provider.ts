import { readFile } from 'node:fs/promises';
import { DocjobError } from '../../lib/domain/docjob-error.js';
import { systemEffects } from '../../lib/platform/system.js';
import { parseQueueUrl, type QueueAddress } from '../../lib/queue/open-queue.js';
import { environmentProblem } from '../environment.js';
import { alarmsInfo, removeAlarms } from './alarm-commands.js';
import { alarmsOf, type AlarmSet } from './alarms.js';
import { openApi } from './api.js';
import { withCode } from './code.js';
import { functionInfo, invokeFunction, removeFunction } from './commands.js';
import { deployerCredentials } from './credentials.js';
import { cronProblem } from './cron.js';
import { deployFunction } from './deploy.js';
import { DeployError } from './deploy-error.js';
import type { DeployedFunction, TencentFramework, TencentOptions, TencentUtils } from './framework.js';
import type { WaitEffects } from './functions-api.js';
import { longestHold, planService, writePackage } from './package.js';
import { checkQueues } from './queues.js';
import { SCHEMA } from './schema.js';
import { setAlarms } from './set-alarms.js';

/** Commands that talk to Tencent Cloud. */
const ONLINE = new Set(['deploy', 'info', 'remove', 'invoke']);

/**
 * The provider `tencent` of the Serverless Framework: packages and deploys functions to Tencent SCF. It works through the framework's own commands:
 * `package`, `deploy`, `info`, `invoke` and `remove`.
 */
export class TencentProviderPlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
  readonly #framework: TencentFramework;
  readonly #options: TencentOptions;
  readonly #utils: TencentUtils;

  static getProviderName(): string {
    return 'tencent';
  }

  constructor(framework: TencentFramework, options: TencentOptions, utils: TencentUtils) {
    this.#framework = framework;
    this.#options = options;
    this.#utils = utils;
    framework.setProvider('tencent', this);
    framework.configSchemaHandler.defineProvider('tencent', SCHEMA);
    this.hooks = {
      initialize: this.#step(() => this.#check()),
      'package:finalize': this.#step(() => this.#package()),
      'deploy:deploy': this.#step(() => this.#deploy()),
      'info:info': this.#step(() => this.#info()),
      'invoke:invoke': this.#step(() => this.#invoke()),
      'remove:remove': this.#step(() => this.#remove()),
    };
  }

  /** Our errors say all there is to say: the framework shall print them without a stack. */
  #step(run: () => Promise<void> | void): () => Promise<void> {
    return async () => {
      try {
        await run();
      } catch (error) {
        if (!(error instanceof DocjobError)) throw error;
        throw new this.#framework.classes.Error(
          error.message,
          error.code.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_'),
        );
      }
    };
  }

  get #functions(): readonly [string, DeployedFunction][] {
    return Object.entries(this.#framework.service.functions);
  }

  get #queues(): { readonly queue: QueueAddress; readonly deadLetters: QueueAddress } {
    const { environment } = this.#framework.service.provider;
    return {
      queue: queueAt(environment['QUEUE_URL']),
      deadLetters: queueAt(environment['DEAD_LETTER_QUEUE_URL']),
    };
  }

  get #alarms(): AlarmSet {
    return alarmsOf(this.#framework.service, this.#queues);
  }

  /** Before anything is built: what the schema has no words for, and the key pair where one is needed. */
  #check(): void {
    const problems = this.#functions.flatMap(([key, { events, environment }]) => [
      ...events.flatMap((event, index) => {
        const problem = 'timer' in event ? cronProblem(event.timer.cron) : undefined;
        return problem === undefined ? [] : [`functions.${key}.events.${index}.timer.cron ${problem}`];
      }),
      ...[environmentProblem({ ...this.#framework.service.provider.environment, ...environment }, 'SCF')]
        .filter((problem) => problem !== undefined)
        .map((problem) => `functions.${key} ${problem}`),
    ]);
    if (problems.length > 0) throw new DeployError('bad-configuration', problems.join('\n'));
    if (ONLINE.has(this.#framework.processedInput.commands[0] ?? '')) deployerCredentials(process.env);
  }

  async #package(): Promise<void> {
    const isShown = this.#framework.processedInput.commands[0] === 'package';
    await writePackage(this.#framework, await planService(this.#framework), isShown, (line) =>
      this.#say(line),
    );
  }

  async #deploy(): Promise<void> {
    const plans = await planService(this.#framework);
    const effects = this.#effects();
    const { environment, alarmNoticeIds = [] } = this.#framework.service.provider;
    await checkQueues(this.#queues, longestHold(plans, environment), {
      ...effects,
      random: systemEffects.random,
      credentials: () => deployerCredentials(process.env),
      cosEndpoint: endpoint('COS_ENDPOINT'),
    });
    for (const plan of plans) await deployFunction(plan, effects);
    // Last: they are about what has to be there, and what goes wrong with them shall keep nothing else from being deployed.
    await setAlarms(this.#alarms, alarmNoticeIds, effects);
  }

  async #info(): Promise<void> {
    const effects = this.#effects();
    for (const [, { name }] of this.#functions) this.#utils.writeText(await functionInfo(name, effects));
    for (const text of await alarmsInfo(this.#alarms, effects)) this.#utils.writeText(text);
  }

  async #remove(): Promise<void> {
    const effects = this.#effects();
    // First, so that nobody is told of a function that is gone on purpose.
    await removeAlarms(this.#alarms, effects);
    for (const [, { name }] of this.#functions) await removeFunction(name, effects);
    const { environment } = this.#framework.service.provider;
    this.#say(
      `left as they are: ${environment['QUEUE_URL'] ?? ''} and ${environment['DEAD_LETTER_QUEUE_URL'] ?? ''}, the manifests, the logs in CLS, the roles in CAM`,
    );
  }

  async #invoke(): Promise<void> {
    const key = this.#options.function ?? '';
    const definition = this.#framework.service.functions[key];
    if (definition === undefined) {
      const known = this.#functions.map(([name]) => name).join(', ');
      throw new DeployError(
        'no-such-function',
        `there is no function ${JSON.stringify(key)}: there are ${known}`,
      );
    }
    const effects = this.#effects(definition.timeout + 30);
    const outcome = await invokeFunction(definition.name, await this.#event(), effects);
    if (outcome.log !== '') this.#say(outcome.log.trimEnd());
    this.#say(
      `${definition.name}: returned after ${outcome.durationMs} ms (request ID ${outcome.requestId})`,
    );
    this.#utils.writeText(outcome.returned);
  }

  async #event(): Promise<string> {
    const { data, path } = this.#options;
    const event = data ?? (path === undefined ? '{}' : await readFile(path, 'utf8'));
    try {
      JSON.parse(event);
      return event;
    } catch (error) {
      throw new DeployError('bad-event', 'the event is not JSON: give --data or --path a JSON document', {
        cause: error,
      });
    }
  }

  #effects(timeoutSeconds?: number): WaitEffects {
    const api = openApi({
      credentials: deployerCredentials(process.env),
      endpoint: endpoint('TENCENT_API_ENDPOINT'),
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    });
    return {
      api: withCode(api, this.#framework.serviceDir),
      region: this.#framework.service.provider.region,
      clock: systemEffects.clock,
      say: (line) => this.#say(line),
    };
  }

  #say(line: string): void {
    this.#utils.log.notice(line);
  }
}

function queueAt(url = ''): QueueAddress {
  const address = parseQueueUrl(url);
  if (address.kind !== 'refused') return address;
  throw new DeployError('bad-configuration', address.problem);
}

/** An origin to connect to instead of the service: for tests. */
function endpoint(name: 'TENCENT_API_ENDPOINT' | 'COS_ENDPOINT'): URL | undefined {
  const text = process.env[name] ?? '';
  return text === '' ? undefined : new URL(text);
}
