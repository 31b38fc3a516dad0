import { parseBucketName, parseRegion, type BucketName, type Region } from '../lib/domain/names.js';
import { startCloud, type Cloud, type CloudOptions } from './cloud.js';
import { environmentOf } from './environment.js';

/** A cloud to try things out on: with buckets and queues, and what to set for them. */
export interface ExampleCloud {
  readonly cloud: Cloud;
  readonly settings: Readonly<Record<string, string>>;
}

/** The buckets that are there from the start; the first is the source of the example settings. */
const EXAMPLES = [bucket('docs-1250000000', 'ap-beijing'), bucket('pages-1250000000', 'ap-beijing')] as const;

/** As a deployment makes it: hidden for as long as the poll function may run. */
const QUEUE = { VisibilityTimeout: '60' };

/**
 * Starts an embedded cloud with two buckets and two queues.
 *
 * @throws whatever startCloud throws; nothing is left running then.
 */
export async function startExample(options: Pick<CloudOptions, 'root' | 'port'>): Promise<ExampleCloud> {
  const cloud = await startCloud(options);
  try {
    for (const { name, region } of EXAMPLES) await cloud.control.createBucket(name, region);
  } catch (error) {
    await cloud.close();
    throw error;
  }
  const [{ name, region }] = EXAMPLES;
  const settings = environmentOf(cloud, {
    queueUrl: cloud.sqs.createQueue('docjob-pending', QUEUE),
    deadLetterQueueUrl: cloud.sqs.createQueue('docjob-dead-letters'),
    source: { bucket: name, region },
  });
  return { cloud, settings };
}

/** Where it is and what to set, for people. */
export function exampleInWords({ cloud, settings }: ExampleCloud, root: string): string {
  return [
    `The embedded cloud listens on ${cloud.origin} for COS, CI, SQS and CMQ. Its buckets are folders below ${root}:`,
    ...cloud.control.buckets.map(({ name, region }) => `  ${name} in ${region}`),
    '',
    'To use it, set',
    ...Object.entries(settings).map(([name, value]) => `  export ${name}=${value}`),
    '',
    'and then, to put a document there and see what becomes of it,',
    `  curl -T report.docx "$(docjob sign PUT '${documentUrl(cloud)}' --presign)"`,
    '  docjob submit report.docx && docjob poll --watch',
    '',
    'Ctrl-C ends it.',
    '',
  ].join('\n');
}

/** Where a document can be put without the name of Tencent's host leading anywhere: names below `localhost` are this machine. */
function documentUrl({ origin }: Cloud): string {
  const [{ name, region }] = EXAMPLES;
  return `http://${name}.cos.${region}.myqcloud.com.localhost:${new URL(origin).port}/report.docx`;
}

function bucket(name: string, region: string): { readonly name: BucketName; readonly region: Region } {
  const bucketName = parseBucketName(name);
  const regionName = parseRegion(region);
  if (bucketName === undefined || regionName === undefined)
    throw new Error(`${name} in ${region} is no bucket`);
  return { name: bucketName, region: regionName };
}
