import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FUNCTIONS } from '../../deploy/functions.js';
import { Workspace } from './packaging.js';

let workspace: Workspace;

beforeAll(async () => {
  workspace = await Workspace.create();
});
afterAll(() => workspace.remove());

test('packaging for AWS needs neither settings nor credentials, and says what it uses instead', async () => {
  const { code, output } = await workspace.run('npm run package:aws');
  expect({ code, output }).toMatchObject({ code: 0 });
  expect(output).toContain('SOURCE_BUCKET is not set: packaging with the settings of deploy/example.env');
  expect(output).toMatch(/\.serverless\/poll\.zip: index\.js has \d+ KB/);
  const zips = (await workspace.made()).filter((name) => name.endsWith('.zip'));
  const withoutUrls = FUNCTIONS.filter(({ trigger }) => (trigger as { kind: string }).kind !== 'url');
  expect(zips).toEqual(withoutUrls.map(({ name }) => `${name}.zip`).sort());
}, 60_000);

test('packaging with own settings takes nothing from the example', async () => {
  const { code, output } = await workspace.run('npm run package:aws', { SOURCE_BUCKET: 'mine-1250000000' });
  expect(code).toBe(1);
  expect(output).toContain('cannot package to aws:\n  - AWS_REGION is not set');
}, 60_000);

test('deploying lists in one message all that is missing, credentials for AWS among it, and does nothing', async () => {
  const { code, output } = await workspace.run('npm run deploy:aws');
  expect(code).toBe(1);
  expect(output.trim().split('\n')).toEqual([
    'cannot deploy to aws:',
    expect.stringContaining('AWS_REGION is not set'),
    expect.stringContaining('neither TENCENT_CREDENTIALS_PARAMETER nor TENCENT_CREDENTIALS_SECRET'),
    expect.stringContaining('SOURCE_BUCKET is not set'),
    expect.stringContaining('SOURCE_REGION is not set'),
    expect.stringContaining('no AWS credentials are found'),
  ]);
}, 60_000);

test('a stage on the command line that is not STAGE would split the deployment, and is refused', async () => {
  const { code, output } = await workspace.run('npm run package:aws', {}, ['--stage', 'prod']);
  expect(code).toBe(1);
  expect(output).toContain('--stage is prod, but STAGE is dev: set STAGE=prod instead');
}, 60_000);
