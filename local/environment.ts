import type { Cloud } from './cloud.js';

/** What a function deployed to the embedded cloud works with. */
export interface Deployment {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly source: { readonly bucket: string; readonly region: string };
}

/** The variables that point the poll function, and every AWS client, at this cloud: those of a real deployment, and where to connect instead. */
export function environmentOf(
  { origin, credentials, aws }: Cloud,
  { queueUrl, deadLetterQueueUrl, source }: Deployment,
): Record<string, string> {
  return {
    QUEUE_URL: queueUrl,
    QUEUE_KIND: 'sqs',
    DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl,
    SOURCE_BUCKET: source.bucket,
    SOURCE_REGION: source.region,
    COS_ENDPOINT: origin,
    CI_ENDPOINT: origin,
    CMQ_ENDPOINT: origin,
    TENCENTCLOUD_SECRET_ID: credentials.longLived.secretId,
    TENCENTCLOUD_SECRET_KEY: credentials.longLived.secretKey,
    AWS_ENDPOINT_URL: origin,
    AWS_REGION: aws.region,
    AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
  };
}
