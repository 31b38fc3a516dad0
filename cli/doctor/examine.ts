import { ConfigError } from '../../lib/config-error.js';
import { parseConfig, parseServiceConfig, type Config, type ServiceConfig } from '../../lib/config.js';
import { CosClient } from '../../lib/cos/client.js';
import { after, minutes, type Millis } from '../../lib/domain/units.js';
import type { Environment } from '../../lib/env-reader.js';
import { nonceFrom } from '../../lib/queue/bucket-name.js';
import { parseSubmitConfig, type SubmitConfig } from '../../lib/submit/config.js';
import type { Context } from '../context.js';
import { SettingsError } from '../errors.js';
import { withEffects, type CommandEffects } from '../services.js';
import { checkBuckets } from './buckets.js';
import { checkCi } from './ci.js';
import { checkAwsKey, checkTencentKey, noKey } from './credentials.js';
import type { Examination } from './examination.js';
import { findingsOf, type Finding } from './finding.js';
import { checkPermissions } from './permissions.js';
import { checkQueues } from './queue.js';
import { checkFirstContact, checkRoundTrip } from './service.js';

/** What is asked for. */
export interface ExaminationOptions {
  readonly functionTimeout: Millis;
  readonly isWriting: boolean;
}

/** All checks together make some fifty requests. */
const LONGEST = minutes(5);

/** A hiccup of the network is no finding; an operator should not wait for more. */
const MAX_RETRIES = 1;

/** Makes all checks, in order, each as far as the ones before it let it; tells of each what it came to. */
export async function examine(
  context: Context,
  options: ExaminationOptions,
  tell: (finding: Finding) => void,
): Promise<void> {
  const read = await readAll(context);
  for (const finding of read.findings) tell(finding);
  const { settings, service } = read;
  if (settings === undefined || service === undefined) {
    if (settings !== undefined) await tellKeys(context, settings, read.config, tell);
    tell(findingsOf('bucket').skipped('COS and CI were not asked: the settings do not say which bucket'));
    return;
  }
  await withEffects(context, 1, async (effects) => {
    const isThere = await tellKeys(context, settings, read.config, tell);
    if (!isThere) {
      tell(noKey());
      return;
    }
    const examination = examinationOf(context, options, { ...read, settings, service }, effects);
    await examineService(context, examination, tell);
  });
}

async function examineService(
  { signal }: Context,
  examination: Examination,
  tell: (finding: Finding) => void,
): Promise<void> {
  const { findings, isAccepted } = await checkFirstContact(examination);
  for (const finding of findings) tell(finding);
  if (!isAccepted) {
    tell(findingsOf('bucket').skipped('buckets, CI and permissions were not looked at: see above'));
  }
  // SQS has a key of its own.
  const others = examination.config?.queue.queue.kind === 'sqs' ? [checkQueues] : [];
  const checks = isAccepted ? [checkBuckets, checkCi, checkPermissions, checkQueues, checkRoundTrip] : others;
  for (const check of checks) {
    signal.throwIfAborted();
    for (const finding of await check(examination)) tell(finding);
  }
}

/** Tells of both key pairs, and whether there is one for COS and CI. */
async function tellKeys(
  context: Context,
  settings: Environment,
  config: Config | undefined,
  tell: (finding: Finding) => void,
): Promise<boolean> {
  const findings = await withEffects(context, 1, ({ credentials }) => checkTencentKey(settings, credentials));
  for (const finding of findings) tell(finding);
  if (config !== undefined) for (const finding of checkAwsKey(config.queue)) tell(finding);
  return findings.every(({ outcome }) => outcome !== 'problem');
}

interface Read {
  readonly findings: readonly Finding[];
  readonly settings?: Environment;
  readonly service?: ServiceConfig | undefined;
  readonly config?: Config | undefined;
  readonly submit?: SubmitConfig | undefined;
}

/** The settings, of all functions, with every problem there is; and what of them can be used all the same. */
async function readAll(context: Context): Promise<Read> {
  const { ok, problem, failed } = findingsOf('settings');
  let settings: Environment;
  try {
    settings = await context.settings();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { findings: [failed(error)] };
  }
  const problems: string[] = [];
  const submit = usable(() => parseSubmitConfig(settings), problems);
  const config = submit === undefined ? usable(() => parseConfig(settings), []) : parseConfig(settings);
  const service = usable(() => parseServiceConfig(settings), []);
  const advice = 'docs/configuration.md lists every setting';
  const findings =
    service === undefined || problems.length > 0
      ? problems.map((one) => problem(one, advice))
      : [ok(`complete, for documents of ${service.source.bucket} (${service.source.region})`)];
  return { findings, settings, service, config, submit };
}

function usable<T>(parse: () => T, problems: string[]): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function examinationOf(
  context: Context,
  { functionTimeout, isWriting }: ExaminationOptions,
  read: Read & Pick<Examination, 'settings' | 'service'>,
  effects: CommandEffects,
): Examination {
  const { settings, service, config, submit } = read;
  const deadline = after(context.clock.now(), LONGEST);
  const policy = { ...service.client, retries: Math.min(MAX_RETRIES, service.client.retries) };
  return {
    settings,
    service,
    config,
    output: submit?.defaults.output,
    submitPrefix: submit?.rules.trigger?.prefix,
    effects,
    // Not the command's own signal: what a check wrote, it must be able to remove after Ctrl-C.
    client: new CosClient(policy, effects, { deadline, signal: new AbortController().signal }),
    deadline,
    functionTimeout,
    isWriting,
    nonce: nonceFrom(context.random()),
  };
}
