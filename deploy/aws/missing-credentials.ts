import { SQSClient } from '@aws-sdk/client-sqs';

/** Whether the AWS SDK finds credentials to deploy with, wherever it looks for them; what to do if not. */
export async function missingCredentials(): Promise<readonly string[]> {
  // Any client resolves them alike; the region does not matter for it.
  const client = new SQSClient({ region: 'us-east-1' });
  try {
    await client.config.credentials();
    return [];
  } catch {
    return [
      'no AWS credentials are found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or sign in as the AWS CLI does',
    ];
  } finally {
    client.destroy();
  }
}
