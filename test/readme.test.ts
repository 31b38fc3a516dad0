import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { decodeDescribe } from '../lib/doc-jobs/decode.js';
import { buildManifest } from '../lib/manifest/index.js';
import { parseMessage } from '../lib/queue/message.js';
import { answer, fixture, JOB_ID } from './doc-jobs/answers.js';
import { aBucket, aRegion, SOURCE } from './support/pending-jobs.js';

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

test('every script that the README names exists, and so does every file', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>; // our own package.json
  };
  for (const [, name = ''] of readme.matchAll(/npm run ([a-z:]+)/g)) expect(scripts).toHaveProperty([name]);
  const files = Array.from(readme.matchAll(/\]\(([^)#]+)\)/g), ([, file = '']) => file);
  expect(files.length).toBeGreaterThan(4);
  for (const file of files)
    expect(readFileSync(new URL(`../${file}`, import.meta.url)).length).toBeGreaterThan(0);
});
