import { systemClock, systemEffects } from '../lib/platform/system.js';
import { Interruption } from './errors.js';
import { runCli } from './run.js';

/** The entry of the `docjob` command. */

const interrupted = new AbortController();

/** The first time it asks the command to end; the second time it ends it. */
function interruptOn(signal: 'SIGINT' | 'SIGTERM'): void {
  process.on(signal, () => {
    const interruption = new Interruption(signal);
    if (interrupted.signal.aborted) process.exit(interruption.exitCode);
    interrupted.abort(interruption);
  });
}

interruptOn('SIGINT');
interruptOn('SIGTERM');

/** Who read our output has had enough of it (`docjob … | head`): that is told to nobody, and what is in hand is put back first. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    interrupted.abort(new Interruption('SIGPIPE'));
  });
}

// Not `exit`: what was written to a pipe must get there.
process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  random: systemEffects.random,
  signal: interrupted.signal,
});
