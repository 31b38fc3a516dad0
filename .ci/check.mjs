import { spawn } from 'node:child_process';

/**
 * `npm run check`: types, lint, format and unused code, all at once, since one after the other they would leave a core idle for a minute. What each
 * printed comes in one piece when it has ended; fails when any of them did.
 */

const CHECKS = ['check:types', 'check:lint', 'check:format', 'check:unused'];

const ended = await Promise.all(CHECKS.map(run));
const failed = CHECKS.filter((_, index) => ended[index] !== 0);
if (failed.length > 0) {
  console.error(`failed: ${failed.map((check) => `npm run ${check}`).join(', ')}`);
  process.exitCode = 1;
}

/** Its exit code. */
function run(check) {
  return new Promise((resolve, reject) => {
    // npm is a script for the shell on Windows. The names are our own.
    const child = spawn(`npm run ${check}`, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(output));
      resolve(code);
    });
  });
}
