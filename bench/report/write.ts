import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { markdownOf } from './markdown.js';
import type { Results, Spread } from './results.js';
import { barChart, lineChart, type Bar } from './svg.js';

const BEGIN = '<!-- bench:begin, written by npm run bench -->';
const END = '<!-- bench:end -->';

/** Writes the results into `docs/benchmarks.md`, between its marks, with the plots and the numbers below `docs/benchmarks/`. */
export async function writeReport(results: Results, docs: string): Promise<void> {
  const page = join(docs, 'benchmarks.md');
  const before = await readFile(page, 'utf8');
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin === -1 || end < begin)
    throw new Error(`${page} has no place for the results: expected "${BEGIN}" and "${END}"`);
  const text = `${before.slice(0, begin)}${BEGIN}\n\n${markdownOf(results)}\n\n${before.slice(end)}`;
  const folder = join(docs, 'benchmarks');
  await mkdir(folder, { recursive: true });
  await writeFile(page, await formatted(text, page));
  const numbers = join(folder, 'results.json');
  await writeFile(numbers, await formatted(JSON.stringify(results), numbers));
  for (const [name, plot] of plots(results)) await writeFile(join(folder, name), plot);
}

async function formatted(text: string, filepath: string): Promise<string> {
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

function plots({
  throughput,
  coldStarts,
  scale,
}: Results): readonly (readonly [name: string, svg: string])[] {
  const titleOf = ({ concurrency, pages }: (typeof throughput)[number]): string =>
    `${concurrency} at a time, ${pages.toLocaleString('en')} pages a job`;
  const cpu = [...new Set(throughput.map(titleOf))].map((title) => ({
    title,
    bars: throughput
      .filter((one) => titleOf(one) === title)
      .map(({ label, contestant, cpuMsPerJob }) => bar(label, cpuMsPerJob, contestant.startsWith('docjob'))),
  }));
  const start = {
    title: 'CPU time from the start of loading until the first job is asked about',
    bars: coldStarts.map(({ label, name, describeCpuMs }) =>
      bar(label, describeCpuMs, !name.startsWith('peer')),
    ),
  };
  const memory = (['sqs', 'bucket'] as const).map((queue) => ({
    label: queue === 'sqs' ? 'SQS' : 'bucket',
    points: scale
      .filter((one) => one.queue === queue && one.pages === 10)
      .flatMap(({ backlog, cost }) => {
        const peak = cost?.peakRssMb ?? null;
        return peak === null ? [] : [{ x: backlog, y: peak }];
      }),
  }));
  const axes = { x: 'pending jobs', y: 'MB resident' };
  return [
    ...(cpu.length === 0 ? [] : [['cpu.svg', barChart('CPU time a job', 'ms', cpu)] as const]),
    ...(coldStarts.length === 0 ? [] : [['cold-start.svg', barChart('Cold start', 'ms', [start])] as const]),
    ...(memory.every(({ points }) => points.length === 0)
      ? []
      : [['memory.svg', lineChart('Peak memory', axes, memory)] as const]),
  ];
}

function bar(label: string, { median, min, max }: Spread, isOurs: boolean): Bar {
  return { label, value: median, low: min, high: max, isOurs };
}
