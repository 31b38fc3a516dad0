import { parseConfig, parseServiceConfig, type Config, type ServiceConfig } from '../lib/config.js';
import { CosClient, type CosClientEffects } from '../lib/cos/client.js';
import { openTransport } from '../lib/cos/transport.js';
import { after, days, type EpochMs, type Millis } from '../lib/domain/units.js';
import type { Environment } from '../lib/env-reader.js';
import { lambdaCredentials } from '../lib/platform/stored-credentials.js';
import { openQueue, type QueueConfig, type QueueEffects } from '../lib/queue/open-queue.js';
import type { PendingQueue } from '../lib/queue/pending-queue.js';
import { LOG_LEVELS, type Log } from '../lib/telemetry/log.js';
import type { Context } from './context.js';
import { commandLog } from './log.js';
import { KEY_GROUPS } from './variables.js';

/** No platform kills us: what ends a command is its work, its own time limit or Ctrl-C. Node's timers last 24 days at most. */
const NO_DEADLINE: Millis = days(1);

/** What a command reaches COS, CI and queues through. */
export interface CommandEffects extends CosClientEffects {
  readonly log: Log;
}

/** What asks COS and CI. */
export interface Service {
  readonly config: ServiceConfig;
  readonly requester: CosClient;
}

/** What commands that work on the queue have. */
export interface QueueService {
  readonly config: Config;
  readonly effects: CommandEffects;
  readonly queue: PendingQueue;
}

/** When a command ends that has no time limit of its own. */
export function noDeadline(context: Context): EpochMs {
  return after(context.clock.now(), NO_DEADLINE);
}

/** Does `work` with a client for COS and CI, and closes its connections. Needs no queue to be set. */
export async function withService<T>(context: Context, work: (service: Service) => Promise<T>): Promise<T> {
  const config = parseServiceConfig(await context.settings());
  return withEffects(context, 1, (effects) => {
    const bounds = { deadline: noDeadline(context), signal: context.signal };
    return work({ config, requester: new CosClient(config.client, effects, bounds) });
  });
}

/** Does `work` with the queue of pending jobs, and closes it. */
export async function withQueue<T>(
  context: Context,
  work: (service: QueueService) => Promise<T>,
): Promise<T> {
  const settings = await context.settings();
  const config = parseConfig(settings);
  return withEffects(context, config.run.concurrency, async (effects) => {
    const queue = await openCommandQueue(config.queue, settings, {
      ...effects,
      deadline: noDeadline(context),
    });
    try {
      return await work({ config, effects, queue });
    } finally {
      await queue.close();
    }
  });
}

/** Does `work` with effects that stay open until it is done. */
export async function withEffects<T>(
  context: Context,
  maxSockets: number,
  work: (effects: CommandEffects) => Promise<T>,
): Promise<T> {
  const settings = await context.settings();
  const transport = openTransport({ maxSockets });
  const { clock, random, output } = context;
  const level = context.options.verbose
    ? 'debug'
    : (LOG_LEVELS.find((one) => one === settings['LOG_LEVEL']) ?? 'warn');
  const log = commandLog(level, output, clock);
  try {
    return await work({ transport, credentials: lambdaCredentials(settings), clock, random, log });
  } finally {
    transport.close();
  }
}

/** Opens a queue as the functions do, with the key pair of AWS that a profile may set. */
export function openCommandQueue(
  config: QueueConfig,
  settings: Environment,
  effects: QueueEffects,
): Promise<PendingQueue> {
  exportAwsKey(settings);
  return openQueue(config, effects);
}

/** The AWS SDK looks for its key in the environment of the process, and nowhere else that we could tell it. */
export function exportAwsKey(settings: Environment): void {
  for (const name of KEY_GROUPS[1]) if (settings[name] !== undefined) process.env[name] = settings[name];
}
