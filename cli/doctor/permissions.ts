import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { deleteObject, getObject, putObject, type BucketAddress } from '../../lib/cos/objects.js';
import { listDocJobs } from '../../lib/doc-jobs/list.js';
import { parseJobId } from '../../lib/domain/names.js';
import { manifestKey } from '../../lib/manifest/location.js';
import { headObject, tried } from './attempts.js';
import { isNotSwitchedOn } from './ci.js';
import type { Examination } from './examination.js';
import { findingsOf, isNotGranted, type Finding } from './finding.js';

const { ok, warning, problem, skipped, failed } = findingsOf('permission');

/** What the functions' policies grant of CI and of manifests (`deploy/tencent/policies.ts`), each tried with as little effect as can be. */
export async function checkPermissions(examination: Examination): Promise<readonly Finding[]> {
  const { service, output } = examination;
  const findings = [...(await unlessMissing(checkCiGrants(examination)))];
  const { source } = service;
  const isElsewhere =
    output !== undefined && (output.bucket !== source.bucket || output.region !== source.region);
  for (const place of isElsewhere ? [source, output] : [source]) {
    findings.push(...(await unlessMissing(checkManifestGrants(examination, place))));
  }
  if (examination.submitPrefix !== undefined) findings.push(await checkSubmitGrant(examination));
  findings.push(
    skipped('ci:CreateDocProcessJobs and cam:PassRole were not tried: only a job that is made would show it'),
  );
  return findings;
}

/** A bucket that is not there shows no grants. */
async function unlessMissing(checks: Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await checks;
  } catch (error) {
    return [failed(error, 'see what was found about the bucket')];
  }
}

async function checkCiGrants({ client, service, config, nonce }: Examination): Promise<readonly Finding[]> {
  const { source } = service;
  const on = `jobs of ${source.bucket}`;
  const path = `/doc_jobs/docjobdoctor${nonce}`;
  const describe = await tried({
    action: 'ci:DescribeDocProcessJob',
    on,
    run: () => asked(client.send({ family: 'ci', ...source, method: 'GET', path }, () => undefined)),
  });
  const isSweeping = config === undefined || config.run.sweep !== undefined;
  const list = await tried({
    action: 'ci:DescribeDocProcessJobs',
    on,
    run: () => asked(listDocJobs(client, source, { size: 1 })),
    notGranted: (found) =>
      isSweeping ? problem(found, 'grant it, or set SWEEP=off') : ok(`${found}; SWEEP is off`),
  });
  return [describe, list];
}

/** A question about a job that nobody knows: no document says whether the answer is an error, and a 400 or 404 about the job means that we were let in. */
async function asked(question: Promise<unknown>): Promise<void> {
  try {
    await question;
  } catch (error) {
    const isAboutJob =
      error instanceof ServiceError &&
      (error.status === 400 || error.status === 404) &&
      error.serviceCode !== 'NoSuchBucket' &&
      !isNotSwitchedOn(error);
    if (!isAboutJob) throw error;
  }
}

/**
 * Reads what is not there, and writes, looks at and removes an object where a manifest would be. The reading comes first, since the answer to a HEAD does not
 * tell a missing object from a missing bucket.
 */
async function checkManifestGrants(
  examination: Examination,
  place: BucketAddress,
): Promise<readonly Finding[]> {
  const { client, isWriting } = examination;
  const key = testKey(examination);
  const on = `${key} in ${place.bucket}`;
  const body = Buffer.from('{"docjobDoctor":true}\n');
  const read = await tried({
    action: 'name/cos:GetObject',
    on,
    run: () => getObject(client, place, key),
    notGranted: () =>
      skipped(
        `name/cos:GetObject is not granted on ${on}: the functions do without it; docjob manifest and the readers of manifests do not`,
      ),
  });
  const write = isWriting
    ? await tried({
        action: 'name/cos:PutObject',
        on,
        run: () => putObject(client, place, key, body, 'application/json'),
      })
    : skipped(`name/cos:PutObject was not tried on ${on}: --no-write`);
  const head = await tried({
    action: 'name/cos:HeadObject',
    on,
    run: () => headObject(client, place, key),
  });
  const removal = write.outcome === 'ok' ? await removed(examination, place, key) : [];
  return [read, write, head, ...removal];
}

/** Functions never remove a manifest, so this is no grant of theirs. */
async function removed(
  { client }: Examination,
  place: BucketAddress,
  key: string,
): Promise<readonly Finding[]> {
  try {
    await deleteObject(client, place, key);
    return [];
  } catch (error) {
    if (!isNotGranted(error)) return [failed(error, `remove ${key} from ${place.bucket}`)];
    return [
      warning(
        `the test object ${key} stays in ${place.bucket}: name/cos:DeleteObject is not granted, and docjob does without it`,
        'remove it; --no-write writes none',
      ),
    ];
  }
}

/** The submit function looks which object an event is about. */
function checkSubmitGrant({ client, service, submitPrefix = '', nonce }: Examination): Promise<Finding> {
  const key = `${submitPrefix}docjob-doctor-${nonce}`;
  return tried({
    action: 'name/cos:HeadObject',
    on: `${submitPrefix}* in ${service.source.bucket}`,
    run: () => headObject(client, service.source, key),
  });
}

/** Where the manifest of a job of that name would be. */
function testKey({ service: { keyTemplate, source }, nonce }: Examination): string {
  const jobId = parseJobId(`docjob-doctor-${nonce}`);
  if (jobId === undefined) throw new RangeError(`${nonce} cannot be in a job ID`);
  return manifestKey(keyTemplate, { jobId, ...source });
}
