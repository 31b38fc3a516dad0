import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import type { Contestant, Cost, Order, OrderResult } from './contestant.js';

/** Makes this process a contestant's: each order that comes over Node's channel is finished and measured. */
export function serve(contestant: Contestant): void {
  process.on('message', (order: Order) => {
    measured(contestant, order).then(
      (cost) => report({ cost }),
      (error: unknown) =>
        report({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
}

function report(result: OrderResult): void {
  process.send?.(result);
}

async function measured(contestant: Contestant, { jobIds, profileTo }: Order): Promise<Cost> {
  const stopProfile = profileTo === undefined ? undefined : await startProfile(profileTo);
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await contestant.finish(jobIds);
  const { user, system } = process.cpuUsage(before);
  const wallMs = performance.now() - startedAt;
  await stopProfile?.();
  return { cpuMs: (user + system) / 1_000, wallMs, peakRssMb: peakRssMb() };
}

/** The high-water mark of this very program: `getrusage` would tell that of the process it was forked from, if that was larger (getrusage(2), execve(2)). */
function peakRssMb(): number | null {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) / 1_024;
  } catch {
    return null;
  }
}

async function startProfile(folder: string): Promise<() => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    await writeFile(join(folder, 'profile.json'), JSON.stringify(profile));
    session.disconnect();
  };
}
