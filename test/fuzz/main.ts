import { parseArgs } from 'node:util';
import { campaign, FuzzFinding, type CampaignReport, type Target } from './campaign.js';
import { Random } from './random.js';
import { TARGETS } from './targets.js';

/** The fuzzer as a command, for more than `npm test` has the time for: `npm run fuzz`. */

const USAGE = `Usage: npm run fuzz -- [--cases N] [--seed S] [--target NAME] [--case I]

  --cases N      how many cases of each target (default 100000)
  --seed S       where chance begins (default: the time)
  --target NAME  only one of: ${TARGETS.map(({ name }) => name).join(', ')}
  --case I       only this case, as the report of a finding says
  --help         print this
`;

const OPTIONS = {
  cases: { type: 'string', default: '100000' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  target: { type: 'string' },
  case: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** On a terminal one line that is written over; elsewhere a plain line at each tenth. */
function progressOf(target: Target, cases: number): (done: number) => void {
  const step = Math.max(1, Math.floor(cases / (process.stderr.isTTY ? 200 : 10)));
  const startedAt = performance.now();
  return (done) => {
    if (done % step !== 0 && done !== cases) return;
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    const line = `${target.name}: ${done} of ${cases} cases, ${seconds} s`;
    process.stderr.write(
      process.stderr.isTTY ? `\r\u001b[2K${line}${done === cases ? '\n' : ''}` : `${line}\n`,
    );
  };
}

function print({
  target,
  seed,
  cases,
  outcomes,
  inputBytes,
  largestInputBytes,
  slowest,
}: CampaignReport): void {
  const width = String(cases).length;
  const lines = [
    `${target}: ${cases} cases with seed ${seed}, nothing found`,
    ...Object.entries(outcomes).map(([outcome, count]) => `  ${String(count).padStart(width)}  ${outcome}`),
    `  input: ${Math.round(inputBytes / cases)} bytes on average, ${largestInputBytes} at most`,
    `  slowest: case ${slowest.number}, ${slowest.ms.toFixed(1)} ms for ${slowest.inputBytes} bytes`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function main(): Promise<number> {
  let values;
  try {
    ({ values } = parseArgs({ options: OPTIONS }));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  const [cases, seed, number] = [Number(values.cases), Number(values.seed), Number(values.case ?? 0)];
  const targets = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
  if (
    values.help ||
    targets.length === 0 ||
    ![cases, seed, number].every((value) => Number.isSafeInteger(value) && value >= 0)
  ) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  for (const target of targets) {
    if (values.case !== undefined) {
      // Straight through: the trace of the finding is what is wanted.
      process.stdout.write(`${JSON.stringify(await target.run(new Random(seed, number)))}\n`);
      continue;
    }
    try {
      print(await campaign(target, { seed, cases }, progressOf(target, cases)));
    } catch (error) {
      if (!(error instanceof FuzzFinding)) throw error;
      process.stderr.write(`\n${error.message}\n`);
      return 1;
    }
  }
  process.stdout.write(`Memory at its highest: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB\n`);
  return 0;
}

process.exitCode = await main();
