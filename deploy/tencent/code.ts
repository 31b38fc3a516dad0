import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Api } from './api.js';
import type { ApiRequest, CodeFile } from './requests.js';

/** Puts zips where requests refer to them, as base64; `folder` is what the references are relative to. */
export function withCode(api: Api, folder: string): Api {
  return {
    call: async (request) =>
      api.call({ ...request, parameters: await inlined(request.parameters, folder) } satisfies ApiRequest),
  };
}

async function inlined(parameters: object, folder: string): Promise<object> {
  const entries = Object.entries(parameters).map(async ([name, value]: [string, unknown]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [name, value] as const;
    if (isCodeFile(value))
      return [name, (await readFile(join(folder, value.base64Of))).toString('base64')] as const;
    return [name, await inlined(value, folder)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function isCodeFile(value: object): value is CodeFile {
  return 'base64Of' in value;
}
