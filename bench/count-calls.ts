import { parseArgs } from 'node:util';
import { countCalls, type CallCount } from './calls.js';
import { QUEUE_WORLDS } from './queue-worlds.js';

const USAGE = `Usage: npm run count-calls [-- --jobs N] [--seed S] [--json]

Counts the requests that a stream of jobs costs with each kind of queue, from its submission to its last manifest.

  --jobs N   how many jobs (1000)
  --seed S   where chance begins (1)
  --json     one line of JSON
`;

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [jobs, seed] = [Number(values.jobs), Number(values.seed)];
if (values.help || !Number.isInteger(jobs) || jobs < 1 || !Number.isInteger(seed)) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 2);
}
const counts: CallCount[] = [];
for (const world of QUEUE_WORLDS) {
  const counted = await countCalls(world, jobs, seed);
  counts.push(counted);
  if (!values.json) process.stdout.write(table(counted));
}
if (values.json) process.stdout.write(`${JSON.stringify(counts)}\n`);

/** Requests a job, by service and operation. */
function table({ queue, jobs: total, runs, logBytes, calls }: CallCount): string {
  const rows = Object.entries(calls).flatMap(([service, operations]) =>
    Object.entries(operations).map(
      ([operation, count]) =>
        `  ${`${service} ${operation}`.padEnd(36)}${(count / total).toFixed(3).padStart(8)}`,
    ),
  );
  return `${queue}: ${total} jobs, ${runs.poll} runs of poll, ${runs.submit} of submit; ${Math.round(logBytes / total)} bytes of log and these requests a job:\n${rows.join('\n')}\n`;
}
