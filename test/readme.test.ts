import { describe, expect, test } from '@jest/globals';
import { exec } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { decodeDescribe } from '../lib/doc-jobs/decode.js';
import { buildManifest } from '../lib/manifest/index.js';
import { parseMessage } from '../lib/queue/message.js';
import { answer, fixture, JOB_ID } from './doc-jobs/answers.js';
import { aBucket, aRegion, SOURCE } from './support/pending-jobs.js';
import { commandsIn, notExecuted } from './support/readme-commands.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

const [message = '', manifest = ''] = Array.from(
  readme.matchAll(/```json\n([^]*?)```/g),
  ([, json = '']) => json,
);

test("the README's message is a pending job", () => {
  expect(parseMessage(message, SOURCE)).toMatchObject({
    kind: 'job',
    job: { bucket: 'examplebucket-1250000000', createdAt: Date.parse('2020-07-24T09:28:47Z') },
  });
});

test("the README's manifest is that of the first documented answer", () => {
  const described = decodeDescribe(answer(fixture('non-excel.xml')), JOB_ID);
  if (described.kind !== 'found' || described.job.state !== 'Success')
    throw new Error('the fixture is a success');
  const source = { bucket: aBucket('example-one-1250000000'), region: aRegion('ap-beijing') };
  expect(JSON.parse(manifest)).toEqual(buildManifest(described.job, source, true));
});

/** Where each command is executed. What runs by its real npm here is what no other suite starts. */
const EXECUTED_IN = {
  'npm ci': '.ci/run',
  'npm test': '.ci/run',
  'npm start': 'test/local/demo.test.ts',
  'npm run cloud': 'test/local/main.test.ts',
  'npm run cloud -- --json': 'test/local/main.test.ts',
  'npm run package:aws': 'test/deploy/main.test.ts',
  'npm run package:tencent': 'test/deploy/packaged.test.ts',
  'npm run deploy:aws': 'test/deploy/main.test.ts',
};

const EXECUTED_HERE = [
  ['npm run docjob -- --help', 0, /^Usage: docjob/m],
  ['npm run build', 0, /^dist\/callback\/index\.js +\d+ KB$/m],
  ['npm run deploy:tencent', 1, /^cannot deploy to tencent:\n {2}- SOURCE_BUCKET is not set/m],
] as const;

describe('the commands of the README', () => {
  const isExecutedHere = (command: string): boolean => EXECUTED_HERE.some(([line]) => line === command);
  const tests = new Map(
    Object.entries(EXECUTED_IN).map(([command, file]) => [command, readFileSync(file, 'utf8')]),
  );
  const uncovered = (markdown: string): readonly string[] =>
    notExecuted(markdown, tests).filter((command) => !isExecutedHere(command));

  test('are all executed by a test', () => {
    expect(uncovered(readme)).toEqual([]);
  });

  test('are those that the table of them has, and no others', () => {
    const table = [...Object.keys(EXECUTED_IN), ...EXECUTED_HERE.map(([line]) => line)];
    expect([...new Set(commandsIn(readme))].sort()).toEqual(table.sort());
  });

  test.each([
    ['in a block', '```sh\nnpm ci && npm run bench\n```', ['npm run bench']],
    ['on the second line of a block', '```sh\nnpm start\ncurl localhost\n```', ['curl localhost']],
    ['in the text', 'Type `npx docjob doctor` first.', ['npx docjob doctor']],
    ['with other options', '`npm run cloud -- --port 1`', ['npm run cloud -- --port 1']],
    ['with nothing but options', '`npm run cloud`, with `-- --json` as one line', ['-- --json']],
  ])('would be found %s where no test executed it', (_where, markdown, expected) => {
    expect(uncovered(markdown)).toEqual(expected);
  });

  test('would be found where the test that is named no longer executes it', () => {
    const renamed = new Map([['npm start', "test('npm start', () => npmCommand('npm run demo'))"]]);
    expect(notExecuted('`npm start`', renamed)).toEqual(['npm start']);
  });

  test.each(EXECUTED_HERE)('%s ends with %d and says what it should', async (line, code, said) => {
    const env = { PATH: process.env['PATH'], HOME: tmpdir() };
    const ran = await promisify(exec)(line, { env, timeout: 60_000 }).then(
      ({ stdout }) => ({ code: 0, output: stdout }),
      (error: unknown) => {
        const { code: failed, stdout, stderr } = error as { code: number; stdout: string; stderr: string }; // exec's
        return { code: failed, output: stdout + stderr };
      },
    );
    expect(ran).toEqual({ code, output: expect.stringMatching(said) });
  });
});
