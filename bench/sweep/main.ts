import { parseArgs } from 'node:util';
import { measure, type Measured } from './measure.js';
import { BACKOFF, EVERY_TICK, IDEAL, ON_SQS, onBucket, SCHEDULE } from './pollers.js';
import { WORKLOADS } from './workload.js';

const USAGE = `Usage: npm run count-sweep [-- --seed S] [--json]

Counts, in simulated time with a tick a minute, what pollers ask for a backlog, a steady stream and a long-tailed mix of documents, and how late they are.

  --seed S   where chance begins (1)
  --json     one line of JSON
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
if (values.help || !Number.isInteger(seed)) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 2);
}
const all: Measured[] = [];
for (const workload of WORKLOADS) {
  if (!values.json) process.stdout.write(heading(workload.name));
  for (const poller of [EVERY_TICK, BACKOFF, SCHEDULE, onBucket(), ON_SQS, IDEAL]) {
    const measured = await measure(workload, poller, seed);
    all.push(measured);
    if (!values.json) process.stdout.write(row(measured));
  }
}
if (values.json) process.stdout.write(`${JSON.stringify(all)}\n`);

/** The head of a table in Markdown. */
function heading(name: string): string {
  const columns = [name, 'CI calls', 'of these lists', 'late, median', 'p99', 'SQS calls', 'COS calls'];
  return `\n| ${columns.join(' | ')} |\n|${' --- |'.repeat(columns.length)}\n`;
}

/** Calls are for each job that ended. */
function row({ poller, describes, pages, staleness, queueCalls, cosCalls }: Measured): string {
  const counts = [describes + pages, pages].map((count) => count.toFixed(2));
  const late = [staleness.median, staleness.p99].map((value) => `${Math.round(value)} s`);
  const beside = [queueCalls, cosCalls].map((count) => (count === 0 ? '' : count.toFixed(2)));
  return `| ${[poller, ...counts, ...late, ...beside].join(' | ')} |\n`;
}
