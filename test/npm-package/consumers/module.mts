import {
  DocjobError,
  fetchManifest,
  ManifestError,
  ManifestTimeoutError,
  pageUrls,
  readManifest,
  waitForManifest,
  type Manifest,
  type ManifestPage,
} from 'docjob/manifest';

const access = {
  bucket: 'pictures-1250000000',
  region: 'ap-guangzhou',
  credentials: { secretId: 'a', secretKey: 'b' },
};

export async function pagesOf(jobId: string, signal: AbortSignal): Promise<readonly ManifestPage[]> {
  const manifest: Manifest = await waitForManifest({ ...access, jobId, timeoutMs: 60_000, signal });
  const state: 'Success' | 'Failed' | 'Cancel' = manifest.job.state;
  const succeeded: number | null = manifest.counts.succeeded;
  for (const { page, url } of pageUrls(manifest, { ...access, validForSeconds: 60 })) {
    const line: string = `${page.pageNo} ${page.key} ${url} ${state} ${succeeded}`;
    if (line === '') throw new ManifestTimeoutError('', 0, undefined);
  }
  return manifest.pages;
}

export async function rotating(jobId: string): Promise<Manifest | undefined> {
  return fetchManifest({
    ...access,
    jobId,
    credentials: async () => ({ secretId: 'a', secretKey: 'b', token: 'c' }),
  });
}

export function codeOf(text: string): string {
  try {
    return readManifest(text).job.jobId;
  } catch (error) {
    if (error instanceof ManifestError) return error.path ?? error.code;
    if (error instanceof DocjobError) return error.disposition;
    throw error;
  }
}

// @ts-expect-error a wait has an end
void waitForManifest({ ...access, jobId: 'd1' });
// @ts-expect-error a manifest is read from text or bytes
readManifest({});
