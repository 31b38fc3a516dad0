import { fetchManifest, pageUrls, type Manifest } from 'docjob/manifest';

/*
 * A downstream function on Tencent SCF: called by COS for each new object below `manifests/`, it tells a web hook that a document is there as pictures, with a
 * URL for each page. Trigger: COS, event `cos:ObjectCreated:*`, prefix `manifests/`, suffix `.json`. Variables: HOOK_URL, and for tests COS_ENDPOINT.
 */

/** What is used of a COS event (SCF documentation, 583/9707). */
interface CosEvent {
  readonly Records: readonly {
    readonly cos: {
      readonly cosBucket: { readonly name: string; readonly appid: string; readonly cosRegion: string };
      readonly cosObject: { readonly key: string };
    };
  }[];
}

/** How long whoever hears of the pages has to get them. */
const VALID_FOR_SECONDS = 3_600;

export async function main_handler(event: CosEvent): Promise<string> {
  for (const { cos } of event.Records) {
    const { name, appid, cosRegion: region } = cos.cosBucket;
    // "/<appid>/<bucket>/manifests/<jobId>.json"
    const jobId = /\/manifests\/([^/]+)\.json$/.exec(decodeURIComponent(cos.cosObject.key))?.[1];
    if (jobId === undefined) continue;
    const bucket = name.endsWith(`-${appid}`) ? name : `${name}-${appid}`;
    const manifest = await fetchManifest({ jobId, bucket, region, credentials, ...endpoint() });
    // Deleted meanwhile: nobody waits for it.
    if (manifest !== undefined) await tell(manifest);
  }
  return 'ok';
}

/** At least once: COS may call twice for one object, and calls again when this throws. */
async function tell(manifest: Manifest): Promise<void> {
  const { job, counts, complete } = manifest;
  const pages = Array.from(
    pageUrls(manifest, { credentials: credentials(), validForSeconds: VALID_FOR_SECONDS }),
  );
  const response = await fetch(setting('HOOK_URL'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jobId: job.jobId,
      document: job.source.object,
      // A job that failed has a manifest too: whoever waits for the document should hear of it.
      state: job.state,
      message: job.message,
      complete,
      failedPages: counts.failed,
      pages: pages.map(({ page, url }) => ({ pageNo: page.pageNo, url })),
    }),
  });
  if (!response.ok) throw new Error(`the hook answered ${response.status} to job ${job.jobId}`);
}

/** The keys of the function's role: SCF puts them anew into the environment for each call. */
function credentials(): { readonly secretId: string; readonly secretKey: string; readonly token?: string } {
  const token = process.env['TENCENTCLOUD_SESSIONTOKEN'] ?? '';
  return {
    secretId: setting('TENCENTCLOUD_SECRETID'),
    secretKey: setting('TENCENTCLOUD_SECRETKEY'),
    ...(token === '' ? {} : { token }),
  };
}

function endpoint(): { readonly endpoint?: string } {
  const url = process.env['COS_ENDPOINT'];
  return url === undefined ? {} : { endpoint: url };
}

function setting(name: string): string {
  const value = process.env[name] ?? '';
  if (value === '') throw new Error(`${name} is not set`);
  return value;
}
