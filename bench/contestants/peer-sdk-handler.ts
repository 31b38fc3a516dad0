import COS from 'cos-nodejs-sdk-v5';
import { setting, source } from './env.js';
import { clientOptions, finishJob } from './peer-job.js';

/** The official SDK alone, which finds its jobs by listing a folder as docjob's bucket queue does. It is built for its cold start alone. */

const PREFIX = 'docjob/pending/';
const cos = new COS(
  clientOptions(
    new URL(setting('COS_ENDPOINT')),
    setting('TENCENTCLOUD_SECRET_ID'),
    setting('TENCENTCLOUD_SECRET_KEY'),
  ),
);

/** Finishes ten jobs. */
export async function main_handler(): Promise<void> {
  const { bucket, region } = source();
  const place = { Bucket: bucket, Region: region };
  const { Contents } = await cos.getBucket({ ...place, Prefix: PREFIX, MaxKeys: 10 });
  await Promise.all(
    Contents.map(async ({ Key }) => {
      const [jobId = ''] = Key.slice(PREFIX.length).split('~');
      if (await finishJob(cos, jobId, source())) await cos.deleteObject({ ...place, Key });
    }),
  );
}
