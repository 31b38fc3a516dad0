import { ConfigError } from '../config-error.js';
import { readConfig, type Config } from '../config.js';
import type { CosClientPolicy } from '../cos/client.js';
import { objectKeyProblem } from '../doc-jobs/object-key.js';
import { templateProblems, type TemplateUse } from '../doc-jobs/output-template.js';
import { SOURCE_TYPES } from '../doc-jobs/source-types.js';
import { parseBucketName, parseQueueId, parseRegion, type BucketName } from '../domain/names.js';
import { EnvReader, type Environment } from '../env-reader.js';
import type { SchedulePolicy } from '../poller/schedule.js';
import type { QueueConfig } from '../queue/open-queue.js';
import type { LogLevel } from '../telemetry/log.js';
import type { DocumentDefaults, DocumentRules } from './document.js';
import { loopProblems, type Destination, type TriggerScope } from './loops.js';
import { fillOutputTemplate } from './output-name.js';

/** Which new objects become documents. */
export interface SubmitTrigger extends TriggerScope {
  /** In lower case, each with its dot: a key must end with one of them, in either case. */
  readonly suffixes: readonly string[];
}

/** What is set for the submit function, checked as a whole. */
export interface SubmitConfig {
  readonly queue: QueueConfig;
  readonly client: CosClientPolicy;
  /** Documents at a time. */
  readonly concurrency: number;
  readonly schedule: SchedulePolicy;
  readonly defaults: DocumentDefaults;
  readonly rules: DocumentRules & { readonly trigger: SubmitTrigger | undefined };
  readonly logLevel: LogLevel;
}

const OUTPUT_OBJECT = 'pages/${object}/${Number}.${targetType}';
const OUTPUT_OBJECT_SHEETS = 'pages/${object}/${SheetID}/${Number}.${targetType}';

/**
 * Reads the configuration of the submit function: that of the poll function, whose queue and manifests it shares, and its own variables.
 * `docs/configuration.md` lists them. A deployment calls this too, before it creates the trigger: outputs, manifests or queue objects that would come
 * under the trigger's prefix are among the problems.
 *
 * @throws ConfigError listing everything that is wrong, each with what to do about it.
 */
export function parseSubmitConfig(env: Environment): SubmitConfig {
  const read = new EnvReader(env);
  const base = readConfig(read);
  const targetType = read.oneOf('TARGET_TYPE', ['jpg', 'png', 'pdf'] as const, 'jpg');
  const isOneFile = targetType === 'pdf';
  const template = readTemplate(read, 'OUTPUT_OBJECT', OUTPUT_OBJECT, { kind: 'pages', isOneFile });
  const sheetTemplate = readTemplate(read, 'OUTPUT_OBJECT_SHEETS', OUTPUT_OBJECT_SHEETS, {
    kind: 'spreadsheet',
    isOneFile,
  });
  const queueId = read.optional('CI_QUEUE_ID', 'the ID of the CI queue of SOURCE_BUCKET', parseQueueId);
  const output = base === undefined ? undefined : readOutput(read, base);
  const trigger = readTrigger(read, base?.run.source.bucket);
  if (base === undefined || output === undefined) throw new ConfigError(read.problems);

  if (trigger !== undefined) {
    const destinations = destinationsOf(base, output, { template, sheetTemplate });
    for (const problem of loopProblems(trigger, destinations)) read.problem(problem);
  }
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  const { client, source, isAllowedBucket, keyTemplate: manifestKey, concurrency, decisions } = base.run;
  return {
    queue: base.queue,
    client,
    concurrency,
    schedule: decisions.schedule,
    defaults: { source, output, template, sheetTemplate, targetType, queueId },
    rules: { isAllowedBucket, manifestKey, trigger },
    logLevel: base.logLevel,
  };
}

/** A template for any document must tell documents apart. */
function readTemplate(read: EnvReader, name: string, fallback: string, use: TemplateUse): string {
  const template = read.text(name) ?? fallback;
  const problems = templateProblems(fillOutputTemplate(template, { object: 'a', targetType: 'jpg' }), use);
  if (!template.includes('${object}')) {
    read.problem(`${name} must contain \${object}, or all documents would share their pictures' keys`);
  }
  for (const problem of problems) {
    read.problem(`${name} ${problem}; our own placeholders are \${object} and \${targetType}`);
  }
  return template;
}

function readOutput(read: EnvReader, { run }: Config): DocumentDefaults['output'] | undefined {
  const bucket = read.optional(
    'OUTPUT_BUCKET',
    'a bucket name with its APPID, such as pages-1250000000',
    parseBucketName,
  );
  const region = read.optional('OUTPUT_REGION', 'a region such as ap-beijing', parseRegion);
  if (bucket === undefined || bucket === run.source.bucket) {
    if (region !== undefined && region !== run.source.region) {
      read.problem(
        'OUTPUT_REGION is not the region of SOURCE_BUCKET: set OUTPUT_BUCKET to a bucket of that region',
      );
    }
    return run.source;
  }
  if (!run.isAllowedBucket(bucket)) {
    read.problem(
      `ALLOWED_BUCKETS does not allow OUTPUT_BUCKET ${bucket}, so that no manifest could be written: add it`,
    );
  }
  if (region !== undefined) return { bucket, region };
  read.problem('OUTPUT_REGION is not set: set it to the region of OUTPUT_BUCKET');
  return undefined;
}

/** Undefined where no event is taken; what is wrong is noted even where the bucket is not known. */
function readTrigger(read: EnvReader, bucket: BucketName | undefined): SubmitTrigger | undefined {
  const suffixes = (read.text('SUBMIT_SUFFIXES') ?? SOURCE_TYPES.map((type) => `.${type}`).join(','))
    .split(',')
    .map((suffix) => suffix.trim().toLowerCase());
  if (!suffixes.every((suffix) => /^\.[a-z0-9]+$/.test(suffix))) {
    read.problem('SUBMIT_SUFFIXES must be suffixes such as .docx,.pdf, separated by commas');
  }
  const prefix = read.text('SUBMIT_PREFIX');
  if (prefix === undefined) return undefined;
  const problem = objectKeyProblem(prefix);
  if (problem !== undefined) read.problem(`SUBMIT_PREFIX ${problem}`);
  if (read.text('CI_QUEUE_ID') === undefined) {
    read.problem(
      'CI_QUEUE_ID is not set: with SUBMIT_PREFIX set it to the ID of the CI queue of SOURCE_BUCKET, in which the job of a repeated event is looked up',
    );
  }
  return bucket === undefined ? undefined : { bucket, prefix, suffixes };
}

/** Everything that is written by a job with the defaults, and by the queue. */
function destinationsOf(
  { queue, run }: Config,
  { bucket }: DocumentDefaults['output'],
  { template, sheetTemplate }: Pick<DocumentDefaults, 'template' | 'sheetTemplate'>,
): readonly Destination[] {
  const queues = [
    { what: 'QUEUE_URL', address: queue.queue },
    { what: 'DEAD_LETTER_QUEUE_URL', address: queue.deadLetters },
  ];
  return [
    { what: 'OUTPUT_OBJECT', bucket, key: template },
    { what: 'OUTPUT_OBJECT_SHEETS', bucket, key: sheetTemplate },
    { what: 'MANIFEST_KEY', bucket, key: run.keyTemplate },
    ...queues.flatMap(({ what, address }) =>
      // Any key below it.
      address.kind === 'cos' ? [{ what, bucket: address.bucket, key: `${address.prefix}\${name}` }] : [],
    ),
  ];
}
