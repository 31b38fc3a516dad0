import { createHash } from 'node:crypto';

/** What a `UserData` of ours begins with. */
export const OUR_USER_DATA = 'docjob:';

/** A `UserData` for a document that came without: nobody else's, so that the job can be found again when the create's answer is lost. */
export function callUserData(requestId: string, index: number, bucket: string, object: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([requestId, index, bucket, object]))
    .digest('hex');
  return `${OUR_USER_DATA}call:${digest.slice(0, 32)}`;
}
