import type COS from 'cos-nodejs-sdk-v5';

/** What the official SDK makes of an answer about a job: the XML as it stands, every number a text, one page an object and several an array. */
interface Described {
  readonly Response: {
    readonly JobsDetail: {
      readonly JobId: string;
      readonly State: string;
      readonly Operation: {
        readonly Output: { readonly Bucket: string; readonly Region: string };
        readonly DocProcessResult?: { readonly PageInfo?: PageInfo | readonly PageInfo[] };
      };
    };
  };
}

interface PageInfo {
  readonly PageNo: string;
  readonly TgtUri: string;
  readonly 'X-SheetPics'?: string;
  readonly PicIndex?: string;
  readonly PicNum?: string;
}

/** The official SDK's client, connected to the embedded cloud by the option that it has for fixed addresses; its connections are kept alive. */
export function clientOptions(endpoint: URL, secretId: string, secretKey: string): COS.COSOptions {
  return { SecretId: secretId, SecretKey: secretKey, Protocol: 'http:', Ip: endpoint.host, KeepAlive: true };
}

/** One job as users of the SDK do it: ask CI, and put what it said about the pages into the output bucket. @returns whether it has ended. */
export async function finishJob(
  cos: COS,
  jobId: string,
  source: { readonly bucket: string; readonly region: string },
): Promise<boolean> {
  const { bucket, region } = source;
  const key = `doc_jobs/${jobId}`;
  const answer = (await cos.request({
    Method: 'GET',
    Bucket: bucket,
    Region: region,
    Key: key,
    Url: `http://${bucket}.ci.${region}.myqcloud.com/${key}`,
  })) as unknown as Described; // the SDK types this as anything
  const { JobsDetail: job } = answer.Response;
  if (job.State !== 'Success') return false;
  const listed = job.Operation.DocProcessResult?.PageInfo ?? [];
  const pages = (Array.isArray(listed) ? (listed as readonly PageInfo[]) : [listed as PageInfo]).map(
    (page) => ({
      pageNo: Number(page.PageNo),
      picIndex: page.PicIndex === undefined ? null : Number(page.PicIndex),
      picNum: page.PicNum === undefined ? null : Number(page.PicNum),
      sheetPics: page['X-SheetPics'] === undefined ? null : Number(page['X-SheetPics']),
      key: page.TgtUri.replace(/^\//, ''),
    }),
  );
  const { Bucket, Region } = job.Operation.Output;
  await cos.putObject({
    Bucket,
    Region,
    Key: `manifests/${jobId}.json`,
    Body: JSON.stringify({ jobId, state: job.State, pages }),
    ContentType: 'application/json',
  });
  return true;
}
