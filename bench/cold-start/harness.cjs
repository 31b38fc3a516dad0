'use strict';
// A fresh process that loads one bundle and calls it once, as a platform does at a cold start. It watches Node's own channel of HTTP requests, which
// tells of every client that is built on node:http, and reports to the bench as soon as a job has been asked about: by a bare file descriptor, since
// Node's channel between processes would load half of node:net before the bundle does.

const { subscribe } = require('node:diagnostics_channel');
const { writeSync } = require('node:fs');

/** The descriptor that the bench reads. */
const REPORT = 3;

const [file, exported] = process.argv.slice(2);
const moments = {};

subscribe('http.client.request.start', ({ request }) => {
  if (request.getHeader('authorization') === undefined) return;
  moments.signedMs ??= since();
  moments.signedCpuMs ??= cpu();
  // The probe of docjob is signed, but asks about no job.
  if (!request.path.includes('/doc_jobs/') || request.path.includes('docjobprobe')) return;
  moments.describeMs ??= since();
  report();
});

const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
const before = process.memoryUsage();
const main = require(file);
const loadMs = since();
const loadCpuMs = cpu();
const { rss, heapUsed } = process.memoryUsage();

main[exported](
  { trigger: 'timer' },
  {
    awsRequestId: 'bench',
    getRemainingTimeInMillis: () => 60_000,
    request_id: 'bench',
    time_limit_in_ms: 60_000,
  },
).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});

function since() {
  return performance.now() - startedAt;
}

function cpu() {
  const { user, system } = process.cpuUsage(cpuBefore);
  return (user + system) / 1_000;
}

function report() {
  const megabytes = 1_048_576;
  const start = {
    loadMs,
    loadCpuMs,
    ...moments,
    describeCpuMs: cpu(),
    rssMb: rss / megabytes,
    heapGrowthMb: (heapUsed - before.heapUsed) / megabytes,
  };
  writeSync(REPORT, JSON.stringify(start));
  process.exit(0);
}
