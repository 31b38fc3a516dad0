import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CloudProcess } from '../cloud/cloud-process.js';
import { bundleForBench } from '../contestants/bundles.js';
import { CONTESTANTS } from '../throughput/contestants.js';
import { measureOnce } from '../throughput/measure.js';
import { costsIn, type CostShare } from './costs.js';

const USAGE = `Usage: npm run bench:profile [-- --contestant NAME] [--jobs N] [--pages N] [--concurrency N]

Profiles one contestant of the benchmark, and prints what its CPU time went to.
`;

const { values } = parseArgs({
  options: {
    contestant: { type: 'string', default: 'docjob' },
    jobs: { type: 'string', default: '1500' },
    pages: { type: 'string', default: '10' },
    concurrency: { type: 'string', default: '16' },
    help: { type: 'boolean', default: false },
  },
});
const kind = CONTESTANTS.find(({ name }) => name === values.contestant);
if (values.help || kind === undefined) {
  process.stdout.write(`${USAGE}\nContestants: ${CONTESTANTS.map(({ name }) => name).join(', ')}\n`);
  process.exit(values.help ? 0 : 2);
}
const folder = await mkdtemp(join(tmpdir(), 'docjob-profile-'));
const cloud = await CloudProcess.start();
try {
  const cell = {
    concurrency: Number(values.concurrency),
    pages: Number(values.pages),
    jobs: Number(values.jobs),
  };
  const { cpuMs, jobs } = await measureOnce(cloud, kind, cell, folder, folder);
  const { file } = await bundleForBench(kind.entry, folder, { isReadable: true });
  const { rooms, functions } = await costsIn(join(folder, 'profile.json'), file);
  process.stdout.write(
    `${kind.label}: ${(cpuMs / jobs).toFixed(2)} ms of CPU a job, the profiler's own included\n`,
  );
  process.stdout.write(table('file or package', rooms) + table('function', functions));
} finally {
  await cloud.close();
  await rm(folder, { recursive: true, force: true });
}

function table(what: string, costs: readonly CostShare[]): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(8);
  const lines = costs
    .slice(0, 45)
    .map(({ name, self, total }) => `${percent(self)} ${percent(total)}  ${name}\n`);
  return `\n    self    total  ${what}\n${lines.join('')}`;
}
