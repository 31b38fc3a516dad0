import { parseArgs } from 'node:util';
import type { Cloud } from './cloud.js';
import { exampleInWords, startExample } from './example.js';

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

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  if (flags.isHelp) {
    process.stdout.write(USAGE);
    return;
  }
  const example = await startExample({ root: flags.root, port: flags.port });
  endWith(example.cloud);
  const { cloud, settings } = example;
  const { origin, control } = cloud;
  const text = flags.isJson
    ? `${JSON.stringify({ origin, buckets: control.buckets, settings })}\n`
    : exampleInWords(example, flags.root);
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

try {
  await main();
} catch (error) {
  process.stderr.write(`npm run cloud: ${oneLine(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
