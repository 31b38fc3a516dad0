import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildPoll, Deployment, OUTPUT } from '../support/deployment.js';
import { formsOf, leaksIn } from './secret-forms.js';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const TSX = pathToFileURL(file('../../node_modules/tsx/dist/loader.mjs')).href;

/** An `Authorization` of ours, or of AWS's SDK. */
const SIGNATURE = /q-signature=[0-9a-f]{40}|Signature=[0-9a-f]{64}/;

/** The keys that a secret key signs with, for every validity that a request of those seconds can have had. */
function signKeysOf(secretKey: string, fromMs: number, toMs: number): Record<string, string> {
  const keys: Record<string, string> = {};
  for (let second = Math.floor(fromMs / 1_000) - 62; second <= toMs / 1_000; second += 1) {
    const keyTime = `${second};${second + 660}`;
    keys[`the sign key of ${keyTime}`] = createHmac('sha1', secretKey).update(keyTime).digest('hex');
  }
  return keys;
}

describe('a whole demo', () => {
  let folder: string;
  let places: Record<string, string>;
  let secrets: Record<string, string>;
  let code: number | null;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docjob-secrets-'));
    const record = join(folder, 'record.jsonl');
    const cwd = await mkdtemp(join(folder, 'demo-'));
    const startedAt = Date.now();
    const child = spawn(
      process.execPath,
      ['--require', file('record-function.cjs'), '--import', TSX, file('../../local/demo/main.ts')],
      { cwd, env: { ...process.env, RECORD: record }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    code = await new Promise((resolve) => child.on('close', resolve));

    // Both as record-function.cjs writes them.
    const lines = (await readFile(record, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { env?: Record<string, string>; written?: string });
    const { TENCENTCLOUD_SECRET_KEY: key = '', AWS_SECRET_ACCESS_KEY: aws = '' } = lines[0]?.env ?? {};
    secrets = { 'the secret key': key, 'the AWS secret': aws, ...signKeysOf(key, startedAt, Date.now()) };
    places = {
      'standard output': output,
      'standard error': errors,
      'the log': lines.map(({ written = '' }) => written).join(''),
    };
    for (const entry of await readdir(cwd, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      places[relative(cwd, path)] = `${path} ${await readFile(path, 'latin1')}`;
    }
  }, 100_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('shows no secret in anything that it prints, logs or writes', () => {
    expect(code).toBe(0);
    expect(leaksIn(places, secrets)).toEqual([]);
    expect(Object.keys(places).filter((place) => SIGNATURE.test(places[place] ?? ''))).toEqual([]);
  });

  test('did print, log and write, with secrets that are some', () => {
    expect(places['standard output']).toContain('jobs ended as they should');
    expect(places['standard error']).toContain('settled');
    expect(places['the log']).toContain('"event":"run-finished"');
    expect(Object.keys(places).filter((place) => place.includes('manifests')).length).toBeGreaterThan(20);
    expect(secrets['the secret key']).toMatch(/^[0-9a-f]{32}$/);
    expect(secrets['the AWS secret']).toMatch(/^[0-9a-f]{40}$/);
    expect(Object.keys(secrets).length).toBeGreaterThan(60);
  });
});

describe('a deployed function with a temporary key', () => {
  test('shows neither key nor token: not in its log, its errors, its answers, its manifests or its dead letters', async () => {
    const bundle = await buildPoll();
    const startedAt = Date.now();
    let secrets: Record<string, string> = {};
    const deployment = await Deployment.start(bundle.folder, 'scf', {
      env: ({ credentials, aws }) => {
        const { secretId, secretKey, token } = credentials.issueTemporary();
        secrets = { key: secretKey, token, aws: aws.credentials.secretAccessKey };
        return {
          TENCENTCLOUD_SECRETID: secretId,
          TENCENTCLOUD_SECRETKEY: secretKey,
          TENCENTCLOUD_SESSIONTOKEN: token,
          REQUEST_RETRIES: '0',
        };
      },
    });
    const answers: unknown[] = [];
    const call = async (event: unknown): Promise<void> => {
      try {
        answers.push(await deployment.host.invoke(event));
      } catch (error) {
        answers.push(String(error));
      }
    };
    try {
      const { control } = deployment.cloud;
      const ended = await deployment.submit('1.doc');
      deployment.enqueue(ended);
      deployment.enqueue('no job at all');
      deployment.enqueue(
        JSON.stringify({ jobId: ended, bucket: 'stranger-1999999999', region: 'ap-beijing' }),
      );
      await call({ trigger: 'timer' });
      for (const [status, errorCode] of [
        [403, 'SignatureDoesNotMatch'],
        [403, 'AccessDenied'],
        [400, 'ExpiredToken'],
        [503, 'SlowDown'],
      ] as const) {
        control.faults.add({
          match: { family: 'ci' },
          times: 1,
          fault: { kind: 'status', status, code: errorCode },
        });
        await call({ jobIds: [ended] });
      }
      const manifest = (await control.readObject(OUTPUT.bucket, `manifests/${ended}.json`))?.toString() ?? '';
      const places = {
        'the log': deployment.lines.join('\n'),
        'the answers': JSON.stringify(answers),
        'the manifest': manifest,
        'the dead letters': JSON.stringify(deployment.cloud.sqs.messages('dead')),
      };
      expect(
        leaksIn(places, { ...secrets, ...signKeysOf(secrets['key'] ?? '', startedAt, Date.now()) }),
      ).toEqual([]);
      expect(Object.values(places).filter((text) => SIGNATURE.test(text))).toEqual([]);
      expect(manifest).toContain(ended);
      expect(deployment.deadLetters().length).toBe(2);
      expect(places['the log']).toContain('SignatureDoesNotMatch');
    } finally {
      await deployment.close();
      await bundle.remove();
    }
  });
});

describe('a secret is found', () => {
  const secret = 'tok/en+1==&<"\\ü';

  test.each<[form: string, text: string]>([
    ['as it is', `a ${secret} b`],
    ['percent-encoded', `?t=${encodeURIComponent(secret)}`],
    ['percent-encoded twice', `?t=${encodeURIComponent(encodeURIComponent(secret))}`],
    ['as JSON', JSON.stringify({ secret })],
    ['as JSON in JSON', JSON.stringify(JSON.stringify({ secret: encodeURIComponent(secret) }))],
    ['in hex', Buffer.from(secret).toString('hex')],
    ['in Base64', Buffer.from(secret).toString('base64')],
    ['in Base64 with one byte before it', Buffer.from(`x${secret}yz`).toString('base64')],
    ['in Base64 with two bytes before it', Buffer.from(`xy${secret}`).toString('base64')],
    ['in Base64 for URLs', Buffer.from(`abc${secret}`).toString('base64url')],
  ])('%s', (_form, text) => {
    expect(leaksIn({ here: text }, { token: secret })).toEqual(['token in here']);
    expect(leaksIn({ here: text }, { token: 'another-secret' })).toEqual([]);
  });

  test('in no form that is too short to mean anything', () => {
    expect(formsOf(secret).every((form) => form.length >= 8)).toBe(true);
  });
});
