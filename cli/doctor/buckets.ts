import { ServiceError } from '../../lib/cos/errors/service-error.js';
import { parseXml } from '../../lib/cos/xml.js';
import { placesOf, type Examination, type Place } from './examination.js';
import { findingsOf, isNotGranted, type Finding } from './finding.js';

/** A versioning state takes two lines. */
const MAX_ANSWER_BYTES = 64 * 1024;

const { ok, warning, problem, skipped, failed } = findingsOf('bucket');

/** Every bucket of the settings: that it is there, in its region, and that a queue's is without versioning. */
export async function checkBuckets(examination: Examination): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const place of placesOf(examination)) {
    const existence = await checkExistence(examination, place);
    findings.push(existence);
    const isQueue = place.uses.includes('pending jobs') || place.uses.includes('dead letters');
    if (isQueue && existence.outcome !== 'problem') findings.push(await checkVersioning(examination, place));
  }
  return findings;
}

/** HEAD Bucket (436/7735). What is not granted there is found out when the bucket is used. */
async function checkExistence({ client }: Examination, place: Place): Promise<Finding> {
  const { bucket, region } = place;
  const named = nameOf(place);
  try {
    await client.send({ family: 'cos', bucket, region, method: 'HEAD', path: '/' }, () => undefined);
    return ok(`${named} is there, in ${region}`);
  } catch (error) {
    if (isNotGranted(error)) {
      return skipped(
        `whether ${named} is there was not told: name/cos:HeadBucket is not granted, and docjob does without it`,
      );
    }
    if (!(error instanceof ServiceError)) return failed(error);
    switch (error.status) {
      case 404:
        return problem(
          `${named} is not in ${region}: ${error.message}`,
          'correct its name or its region (COS says the same of a bucket that is in another region), or create it',
        );
      case 301:
      case 307:
        return problem(
          `${named} is in another region than ${region}: ${error.message}`,
          'set the region that the console shows for it',
        );
      default:
        return failed(error);
    }
  }
}

/** GET Bucket versioning (436/19888). */
async function checkVersioning({ client }: Examination, place: Place): Promise<Finding> {
  const { bucket, region } = place;
  const named = nameOf(place);
  try {
    const status = await client.send(
      { family: 'cos', bucket, region, method: 'GET', path: '/', query: { versioning: '' } },
      (response) => parseXml(response, 'VersioningConfiguration', MAX_ANSWER_BYTES).text('Status'),
    );
    if (status !== 'Enabled') return ok(`${named} keeps no versions`);
    return warning(
      `${named} keeps versions: every pending job and every checkpoint stays in it as one, and is paid for`,
      'use a bucket without versioning for the queue, or suspend it (docs/adr/0001-bucket-queue.md)',
    );
  } catch (error) {
    if (!isNotGranted(error)) return failed(error);
    return skipped(
      `whether ${named} keeps versions was not told: name/cos:GetBucketVersioning is not granted, and docjob does without it`,
    );
  }
}

function nameOf({ bucket, uses }: Place): string {
  return `the bucket ${bucket} (${uses.join(', ')})`;
}
