import { parseArgs } from 'node:util';
import { parseBucketName, parseRegion, type BucketName, type Region } from '../lib/domain/names.js';
import { startCloud, type Cloud } from './cloud.js';
import { environmentOf } from './environment.js';

/** Starts the embedded cloud alone, until it is interrupted: `npm run cloud`. */

const USAGE = `Usage: npm run cloud -- [--port <number>] [--root <folder>] [--json]

  --port <number>  the port on 127.0.0.1 (default: a free one)
  --root <folder>  where its buckets are kept (default: .docjob/cloud)
  --json           print one line of JSON once it is ready
  --help           print this
`;

/** A command line that makes no sense: one sentence says why. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface Flags {
  readonly port: number;
  readonly root: string;
  readonly isJson: boolean;
  readonly isHelp: boolean;
}

/** The buckets that are there from the start; the first is the source of the example settings. */
const EXAMPLES = [bucket('docs-1250000000', 'ap-beijing'), bucket('pages-1250000000', 'ap-beijing')] as const;

function readFlags(args: readonly string[]): Flags {
  const options = {
    port: { type: 'string', default: '0' },
    root: { type: 'string', default: '.docjob/cloud' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parsed(() => parseArgs({ args: [...args], options, allowPositionals: false }));
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
    throw new UsageError(`--port must be a number from 0 to 65535, not "${values.port}"`);
  }
  if (values.root === '') throw new UsageError('--root must name a folder');
  return { port: Number(values.port), root: values.root, isJson: values.json, isHelp: values.help };
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(oneLine(error));
  }
}

function inWords(cloud: Cloud, flags: Flags, settings: Readonly<Record<string, string>>): string {
  const buckets = cloud.control.buckets.map(({ name, region }) => `  ${name} in ${region}`);
  return [
    `The embedded cloud listens on ${cloud.origin} for COS, CI and SQS. Its buckets are folders below ${flags.root}:`,
    ...buckets,
    '',
    'To use it, set',
    ...Object.entries(settings).map(([name, value]) => `  export ${name}=${value}`),
    '',
    'Ctrl-C ends it.',
    '',
  ].join('\n');
}

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  if (flags.isHelp) {
    process.stdout.write(USAGE);
    return;
  }
  const cloud = await startCloud({ root: flags.root, port: flags.port });
  try {
    for (const { name, region } of EXAMPLES) await cloud.control.createBucket(name, region);
  } catch (error) {
    await cloud.close();
    throw error;
  }
  endWith(cloud);
  const [{ name, region }] = EXAMPLES;
  const settings = environmentOf(cloud, {
    queueUrl: cloud.sqs.createQueue('docjob-pending'),
    deadLetterQueueUrl: cloud.sqs.createQueue('docjob-dead-letters'),
    source: { bucket: name, region },
  });
  const { origin, control } = cloud;
  const text = flags.isJson
    ? `${JSON.stringify({ origin, buckets: control.buckets, settings })}\n`
    : inWords(cloud, flags, settings);
  process.stdout.write(text);
}

/** Closes the cloud and ends the process when somebody asks for it. */
function endWith(cloud: Cloud): void {
  const stop = (): void => {
    cloud.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

/** An error in one line: Node's own sometimes have several. */
function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll('\n', ' ');
}

function bucket(name: string, region: string): { readonly name: BucketName; readonly region: Region } {
  const bucketName = parseBucketName(name);
  const regionName = parseRegion(region);
  if (bucketName === undefined || regionName === undefined)
    throw new Error(`${name} in ${region} is no bucket`);
  return { name: bucketName, region: regionName };
}

try {
  await main();
} catch (error) {
  process.stderr.write(`npm run cloud: ${oneLine(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
