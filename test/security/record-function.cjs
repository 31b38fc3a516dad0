'use strict';

/**
 * Loaded before the demo: notes, in the file that RECORD names, the environment that its function is given and every line that the function writes,
 * at the level `debug`. So a test knows the secrets, which are made anew at each start, and sees lines that the demo does not print.
 */
const childProcess = require('node:child_process');
const { appendFileSync } = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const { fork } = childProcess;
const record = process.env.RECORD;

childProcess.fork = (file, args, options) => {
  const env = { ...options.env, LOG_LEVEL: 'debug' };
  appendFileSync(record, `${JSON.stringify({ env })}\n`);
  const child = fork(file, args, { ...options, env });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) =>
      appendFileSync(record, `${JSON.stringify({ written: chunk.toString() })}\n`),
    );
  }
  return child;
};
syncBuiltinESMExports();
