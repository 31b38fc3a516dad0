import { describe, expect, test } from '@jest/globals';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSettings } from '../../cli/settings.js';
import { SECRETS, VARIABLES, withoutSecrets } from '../../cli/variables.js';
import { parseCallbackConfig } from '../../lib/callback/config.js';
import { readSsmAccess } from '../../lib/platform/get-parameter.js';
import { lambdaCredentials } from '../../lib/platform/stored-credentials.js';
import { parseSubmitConfig } from '../../lib/submit/config.js';
import { child, docjob, temporaryFolder } from './command-line.js';

const FILE = {
  defaultProfile: 'test',
  profiles: {
    test: { SOURCE_BUCKET: 'test-1250000000', SOURCE_REGION: 'ap-beijing', CONCURRENCY: 4 },
    prod: { SOURCE_BUCKET: 'prod-1250000000', SOURCE_REGION: 'ap-shanghai' },
  },
};

async function fileWith(content: unknown, mode = 0o600): Promise<string> {
  const path = join(await temporaryFolder(), 'docjob.config.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  await chmod(path, mode);
  return path;
}

async function read(
  config: string | undefined,
  { profile, env = {}, cwd = '/' }: { profile?: string; env?: Record<string, string>; cwd?: string } = {},
): Promise<{ settings: Readonly<Record<string, string | undefined>>; warnings: readonly string[] }> {
  const warnings: string[] = [];
  const options = {
    ...(config === undefined ? {} : { config }),
    ...(profile === undefined ? {} : { profile }),
  };
  const settings = await readSettings({ env, cwd, options }, (text) => warnings.push(text));
  return { settings, warnings };
}

describe('the settings', () => {
  test('are the environment where there is no config file', async () => {
    const { settings } = await read(undefined, { env: { SOURCE_BUCKET: 'a' }, cwd: await temporaryFolder() });
    expect(settings).toEqual({ SOURCE_BUCKET: 'a' });
  });

  test('come from the profile that the file names as its default, numbers as texts', async () => {
    const { settings } = await read(await fileWith(FILE));
    expect(settings).toEqual({
      SOURCE_BUCKET: 'test-1250000000',
      SOURCE_REGION: 'ap-beijing',
      CONCURRENCY: '4',
    });
  });

  test('come from the profile that an option names, before the one that the environment names', async () => {
    const path = await fileWith(FILE);
    const env = { DOCJOB_CONFIG: path, DOCJOB_PROFILE: 'prod' };
    expect((await read(undefined, { env })).settings['SOURCE_BUCKET']).toBe('prod-1250000000');
    expect((await read(undefined, { env, profile: 'test' })).settings['SOURCE_BUCKET']).toBe(
      'test-1250000000',
    );
  });

  test('are read from the working directory', async () => {
    const path = await fileWith({ profiles: { default: { SOURCE_BUCKET: 'here-1250000000' } } });
    const { settings } = await read(undefined, { cwd: join(path, '..') });
    expect(settings['SOURCE_BUCKET']).toBe('here-1250000000');
  });

  test('of the environment go before the file, unless they are blank', async () => {
    const env = { SOURCE_BUCKET: 'env-1250000000', SOURCE_REGION: ' ' };
    const { settings } = await read(await fileWith(FILE), { env });
    expect(settings).toMatchObject({ SOURCE_BUCKET: 'env-1250000000', SOURCE_REGION: 'ap-beijing' });
  });

  test('never mix a key pair of the environment with one of the file', async () => {
    const path = await fileWith({
      profiles: {
        default: {
          TENCENTCLOUD_SECRETID: 'file',
          TENCENTCLOUD_SECRETKEY: 'file',
          TENCENTCLOUD_SESSIONTOKEN: 'file',
        },
      },
    });
    const env = { TENCENTCLOUD_SECRET_ID: 'env', TENCENTCLOUD_SECRET_KEY: 'env' };
    const { settings } = await read(path, { env });
    expect(await lambdaCredentials(settings)()).toEqual({ secretId: 'env', secretKey: 'env' });
  });

  test.each([
    ['no file', undefined, {}, /^there is no docjob\.config\.json in .* the profile "prod"/],
    ['a file without the profile', FILE, {}, /has no profile "staging", it has test, prod$/],
    [
      'an unknown key',
      { profiles: { prod: { QEUE_URL: 'x' } } },
      {},
      /the profile "prod" of .*docjob\.config\.json .*"QEUE_URL" is no variable/,
    ],
    [
      'a value that is no text',
      { profiles: { prod: { SWEEP: true } } },
      {},
      /the profile "prod" of .*the key SWEEP must be/,
    ],
    ['no profiles', { profile: {} }, {}, /is not right at profiles?/],
    ['no JSON', '{\n"profiles": {"prod": {"CALLBACK_SECRET": "geheim" x}}}', {}, /is not JSON/],
  ])('are refused for %s, in one sentence that quotes no value', async (what, content, env, message) => {
    const config = content === undefined ? undefined : await fileWith(content);
    const profile = what === 'a file without the profile' ? 'staging' : 'prod';
    const reading = read(config, { profile, env, cwd: await temporaryFolder() });
    await expect(reading).rejects.toMatchObject({
      name: 'SettingsError',
      message: expect.stringMatching(message),
    });
    await expect(reading).rejects.not.toMatchObject({ message: expect.stringContaining('geheim') });
  });

  test('want to know which profile, where the file has no default one', async () => {
    const reading = read(await fileWith({ profiles: { prod: {} } }));
    await expect(reading).rejects.toThrow(/has no profile "default", it has prod: name one with --profile/);
  });

  test('are warned about in a file that everybody can read, where it holds a secret', async () => {
    const secret = { profiles: { default: { TENCENTCLOUD_SECRET_ID: 'a', TENCENTCLOUD_SECRET_KEY: 'b' } } };
    expect((await read(await fileWith(secret, 0o644))).warnings).toEqual([
      expect.stringContaining('chmod 600'),
    ]);
    expect((await read(await fileWith(secret, 0o600))).warnings).toEqual([]);
    expect((await read(await fileWith(FILE, 0o644))).warnings).toEqual([]);
  });

  test('serve a process of its own, and what is wrong with them ends it with 3', async () => {
    const cwd = join(await fileWith({ profiles: { default: { SOURCE_BUCKET: 'nonsense' } } }), '..');
    const { code, stdout, stderr } = await child(['status', 'd1'], { cwd }).ended;
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('SOURCE_BUCKET is "nonsense": expected a bucket name');
    expect((await docjob(['status', 'd1', '--profile', 'x'], { cwd })).code).toBe(3);
    expect((await docjob(['status', 'd1', '--config', 'missing.json'], { cwd })).stderr).toContain(
      '(ENOENT)',
    );
  });
});

describe('the variables of a profile', () => {
  test('are all that lib/ reads', () => {
    const asked = new Set<string>();
    const env = new Proxy<Record<string, string>>(
      { SUBMIT_PREFIX: 'in/' },
      {
        get: (values, name) => {
          if (typeof name === 'string') asked.add(name);
          return typeof name === 'string' ? values[name] : undefined;
        },
      },
    );
    const reads = [
      () => parseSubmitConfig(env),
      () => parseCallbackConfig(env),
      () => lambdaCredentials(env)(),
      () => readSsmAccess(env),
    ];
    for (const reading of reads) {
      try {
        void reading();
      } catch {
        // Nothing is set: what matters is what was asked for.
      }
    }
    expect(asked.size).toBeGreaterThan(40);
    expect([...asked].filter((name) => !VARIABLES.has(name))).toEqual([]);
  });

  test('are all documented', async () => {
    const pages = ['configuration.md', 'cli.md'].map(
      (name) => new URL(`../../docs/${name}`, import.meta.url),
    );
    const page = (await Promise.all(pages.map((url) => readFile(url, 'utf8')))).join('');
    expect([...VARIABLES].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('that are secrets are taken out of what is printed', () => {
    const env = Object.fromEntries(SECRETS.map((name) => [name, `value-of-${name}`]));
    const text = SECRETS.map((name) => `a value-of-${name} b`).join();
    expect(withoutSecrets(text, env)).toBe(SECRETS.map(() => 'a [redacted] b').join());
  });
});
