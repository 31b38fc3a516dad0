import { readFile } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { packageOf, ROOT } from '../contestants/bundles.js';

/** A V8 CPU profile (Chrome DevTools Protocol, `Profiler.Profile`). */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly children?: readonly number[];
}

/** What something cost, as shares of the time that the process was at work. */
export interface CostShare {
  readonly name: string;
  /** With itself on top of the stack. */
  readonly self: number;
  /** With itself anywhere in the stack. */
  readonly total: number;
}

/** The costs in a profile of a bundle, by room or package and by function, the largest first. */
export async function costsIn(
  profileFile: string,
  bundleFile: string,
): Promise<{ readonly rooms: readonly CostShare[]; readonly functions: readonly CostShare[] }> {
  const profile = JSON.parse(await readFile(profileFile, 'utf8')) as CpuProfile; // as V8 wrote it
  const map = new SourceMap(JSON.parse(await readFile(`${bundleFile}.map`, 'utf8')) as SourceMapPayload); // as esbuild wrote it
  const places = new Map(profile.nodes.map((node) => [node.id, placeOf(node, map, dirname(bundleFile))]));
  const selfUs = new Map<number, number>();
  profile.samples.forEach((id, index) => {
    selfUs.set(id, (selfUs.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
  return {
    rooms: sharesOf(profile, places, selfUs, ({ room }) => room),
    functions: sharesOf(profile, places, selfUs, ({ name }) => name),
  };
}

interface Place {
  readonly room: string;
  readonly name: string;
}

const IDLE = '(idle)';

function sharesOf(
  { nodes }: CpuProfile,
  places: ReadonlyMap<number, Place>,
  selfUs: ReadonlyMap<number, number>,
  nameOf: (place: Place) => string,
): readonly CostShare[] {
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  const add = (map: Map<string, number>, name: string, us: number): void =>
    void map.set(name, (map.get(name) ?? 0) + us);
  const children = new Map(nodes.map(({ id, children: ids = [] }) => [id, ids]));
  let busyUs = 0;
  const visit = (id: number, above: ReadonlySet<string>, caller: string): void => {
    const place = places.get(id);
    // What Node and V8 do for somebody is that one's cost.
    const isForCaller = place === undefined || ['(native)', 'node', '(bundler)'].includes(place.room);
    const name = isForCaller && caller !== '' ? caller : place === undefined ? '' : nameOf(place);
    const us = selfUs.get(id) ?? 0;
    const stack = new Set([...above, name]);
    if (place?.name !== IDLE) {
      busyUs += us;
      add(self, name, us);
      for (const one of stack) add(total, one, us);
    }
    for (const child of children.get(id) ?? []) visit(child, stack, isForCaller ? caller : name);
  };
  const [root] = nodes;
  if (root !== undefined) visit(root.id, new Set(), '');
  return [...total]
    .map(([name, us]) => ({ name, self: (self.get(name) ?? 0) / busyUs, total: us / busyUs }))
    .sort((a, b) => b.self - a.self);
}

const ENGINE = ['(program)', '(garbage collector)', IDLE];

function placeOf({ callFrame }: ProfileNode, map: SourceMap, folder: string): Place {
  const { functionName, url, lineNumber, columnNumber } = callFrame;
  const shown = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return { room: ENGINE.includes(shown) ? shown : '(native)', name: shown };
  if (url.startsWith('node:')) return { room: 'node', name: `${shown} ${url}` };
  const entry = map.findEntry(lineNumber, columnNumber);
  if (!('originalSource' in entry)) return { room: '(bundler)', name: shown };
  const source = relative(ROOT, resolve(folder, entry.originalSource));
  const owner = packageOf(source);
  const isOurs = owner === 'docjob' || owner === 'bench';
  const file = isOurs ? source : `${owner} ${source.split('/').at(-1) ?? ''}`;
  return { room: isOurs ? source : owner, name: `${shown} ${file}:${entry.originalLine + 1}` };
}
