import { HOSTILE_TEXTS } from './hostile-texts.js';
import type { Random } from './random.js';

const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'length',
  'Records',
  'jobIds',
  'jobs',
  'trigger',
  'Type',
  'source',
  'documents',
  'objects',
  'meta',
  'body',
  'path',
  '0',
  '',
] as [string, ...string[]];

/** A value of JSON with something in it changed, here or further in; often as it was. */
export function mutatedJson(value: unknown, random: Random): unknown {
  if (random.oneIn(4)) return value;
  if (typeof value !== 'object' || value === null) return random.oneIn(3) ? hostile(random) : value;
  if (Array.isArray(value)) {
    const list = value.map((item: unknown) => (random.oneIn(2) ? mutatedJson(item, random) : item));
    if (random.oneIn(6)) list.push(hostile(random));
    return random.oneIn(8) ? list.slice(1) : list;
  }
  const entries = Object.entries(value)
    .filter(() => !random.oneIn(12))
    .map(([key, item]): [string, unknown] => [
      random.oneIn(30) ? random.pick(KEYS) : key,
      random.oneIn(2) ? mutatedJson(item, random) : item,
    ]);
  if (random.oneIn(6))
    entries.push([random.oneIn(2) ? random.pick(KEYS) : random.pick(HOSTILE_TEXTS), hostile(random)]);
  return Object.fromEntries(entries);
}

function hostile(random: Random): unknown {
  const values: [unknown, ...unknown[]] = [null, true, false, 0, -1, 1e308, 0.1, [], {}, [[]], [null], ['']];
  return random.oneIn(2) ? random.pick(values) : random.pick(HOSTILE_TEXTS);
}
