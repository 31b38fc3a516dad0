import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as v from 'valibot';
import type { Environment } from '../lib/env-reader.js';
import type { GlobalOptions, Machine } from './context.js';
import { SettingsError } from './errors.js';
import { isSet, KEY_GROUPS, SECRETS, VARIABLES } from './variables.js';

/** Read from the working directory if it is there. */
export const DEFAULT_FILE = 'docjob.config.json';

/** The profile that counts where nobody names one, unless the file's `defaultProfile` says otherwise. */
const DEFAULT_PROFILE = 'default';

/** The permission of everybody to read (POSIX, `S_IROTH`). */
const READABLE_BY_ALL = 0o004;

const File = v.strictObject({
  defaultProfile: v.exactOptional(v.string()),
  profiles: v.record(v.string(), v.record(v.string(), v.unknown())),
});

/** Where settings come from. */
type Place = Pick<Machine, 'env' | 'cwd'> & { readonly options: Pick<GlobalOptions, 'config' | 'profile'> };

/**
 * The settings: the environment, and from the config file what it does not say. A key pair comes whole from one of the two.
 *
 * @param warn hears of a file with secrets that everybody can read
 * @throws SettingsError when a file or a profile was asked for that is not there, or the file cannot be used
 */
export async function readSettings(place: Place, warn: (text: string) => void): Promise<Environment> {
  const { env, cwd, options } = place;
  const asked = options.config ?? nonEmpty(env['DOCJOB_CONFIG']);
  const askedProfile = options.profile ?? nonEmpty(env['DOCJOB_PROFILE']);
  const path = resolve(cwd, asked ?? DEFAULT_FILE);
  const text = await readText(path, asked !== undefined);
  if (text === undefined) {
    if (askedProfile === undefined) return env;
    throw new SettingsError(
      `there is no ${DEFAULT_FILE} in ${cwd} that could have the profile ${JSON.stringify(askedProfile)}: name a file with --config`,
    );
  }
  const { name, profile } = profileOf(text, path, askedProfile);
  if (SECRETS.some((secret) => isSet(profile, secret)) && (await isReadableByAll(path))) {
    warn(`everybody on this machine can read ${path}, and its profile ${name} holds secrets: chmod 600 it`);
  }
  return merge(profile, env);
}

async function readText(path: string, isRequired: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' && !isRequired) return undefined;
    throw new SettingsError(`the config file ${path} cannot be read (${code})`);
  }
}

/** Node's name for what went wrong. */
function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : 'unknown error';
}

interface Chosen {
  readonly name: string;
  readonly profile: Environment;
}

/** What stands in the file is never quoted, save names: it may hold secrets. */
function profileOf(text: string, path: string, asked: string | undefined): Chosen {
  const read = v.safeParse(File, parseJson(text, path));
  if (!read.success) {
    const [issue] = read.issues;
    const where = v.getDotPath(issue);
    throw new SettingsError(
      `the config file ${path} is not right${where === null ? '' : ` at ${where}`}: ` +
        'expected {"profiles":{"<name>":{"<VARIABLE>":"<value>"}},"defaultProfile"?:"<name>"}',
    );
  }
  const { profiles, defaultProfile } = read.output;
  const name = asked ?? defaultProfile ?? DEFAULT_PROFILE;
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (found === undefined) {
    const names = Object.keys(profiles).join(', ');
    const others = names === '' ? 'it has none at all' : `it has ${names}`;
    const advice = asked === undefined ? ': name one with --profile, or with defaultProfile in the file' : '';
    throw new SettingsError(
      `the config file ${path} has no profile ${JSON.stringify(name)}, ${others}${advice}`,
    );
  }
  return { name, profile: checkedProfile(found, `the profile ${JSON.stringify(name)} of ${path}`) };
}

function checkedProfile(profile: Readonly<Record<string, unknown>>, where: string): Environment {
  const problems: string[] = [];
  const checked: Record<string, string> = {};
  for (const [key, value] of Object.entries(profile)) {
    if (!VARIABLES.has(key)) problems.push(`the key ${JSON.stringify(key)} is no variable of docjob`);
    else if (typeof value === 'string' || typeof value === 'number') checked[key] = String(value);
    else problems.push(`the key ${key} must be a text or a number`);
  }
  if (problems.length > 0) throw new SettingsError(`${where} is not right: ${problems.join('; ')}`);
  return checked;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Its message can quote the file.
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const line =
      position === undefined ? '' : ` (line ${text.slice(0, Number(position)).split('\n').length})`;
    throw new SettingsError(`the config file ${path} is not JSON${line}`);
  }
}

async function isReadableByAll(path: string): Promise<boolean> {
  // Windows has no such permission, and reports that everybody has it.
  return process.platform !== 'win32' && ((await stat(path)).mode & READABLE_BY_ALL) !== 0;
}

/** What the environment sets goes before the file. */
function merge(profile: Environment, env: Environment): Environment {
  const merged: Record<string, string | undefined> = { ...env };
  const groupOf = (name: string): readonly string[] =>
    KEY_GROUPS.find((group) => group.some((one) => one === name)) ?? [name];
  for (const [name, value] of Object.entries(profile)) {
    if (!groupOf(name).some((one) => isSet(env, one))) merged[name] = value;
  }
  return merged;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
