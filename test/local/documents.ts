import type { JobScript } from '../../local/ci/script.js';
import { DOCS, element, PAGES, SHANGHAI, TestCloud, type Received } from './clouds.js';

/** What a create body has that is not the usual. */
export interface CreateChanges {
  /** The template of the output's keys. */
  readonly output?: string;
  /** What is inside `DocProcess`. */
  readonly process?: string;
  readonly tag?: string;
  /** What comes at the end of `Request`. */
  readonly rest?: string;
}

/** The body of a create: from `docs-…` in Beijing to `pages-…` in Shanghai. `object` is in XML already. */
export function createBody(object: string, changes: CreateChanges = {}): string {
  const { output = 'out/${SheetID}-${Number}.jpg', process = '', tag = 'DocProcess', rest = '' } = changes;
  const place = `<Region>${SHANGHAI}</Region><Bucket>${PAGES}</Bucket><Object>${output}</Object>`;
  const operation = `<DocProcess>${process}</DocProcess><Output>${place}</Output>`;
  return `<Request><Tag>${tag}</Tag><Input><Object>${object}</Object></Input><Operation>${operation}</Operation>${rest}</Request>`;
}

/** Sends a create. */
export function create(cloud: TestCloud, body: string): Promise<Received> {
  return cloud.ask({ family: 'ci', method: 'POST', path: '/doc_jobs', body });
}

/** Puts a document that goes by `script`, and submits it. */
export async function submit(
  cloud: TestCloud,
  script: JobScript = {},
  changes: CreateChanges = {},
): Promise<Received> {
  await cloud.cloud.control.putObject(DOCS, 'in/a.docx', Buffer.from('document'), script);
  return create(cloud, createBody('in/a.docx', changes));
}

/** The same, and the ID of the job. */
export async function submitted(
  cloud: TestCloud,
  script: JobScript = {},
  changes: CreateChanges = {},
): Promise<string> {
  return element((await submit(cloud, script, changes)).text, 'JobId') ?? '';
}

/** Sends a describe. */
export function describeJob(cloud: TestCloud, jobId: string): Promise<Received> {
  return cloud.ask({ family: 'ci', path: `/doc_jobs/${jobId}` });
}

/** Status and error code of an answer. */
export async function refusal(answer: Promise<Received>): Promise<readonly [number, string | undefined]> {
  const { status, text } = await answer;
  return [status, element(text, 'Code')];
}

/** A cloud with one job that has succeeded. */
export async function withJob(): Promise<{
  readonly cloud: TestCloud;
  readonly jobId: string;
  readonly path: string;
}> {
  const cloud = await TestCloud.start();
  const jobId = await submitted(cloud, { durationMs: 0 });
  return { cloud, jobId, path: `/doc_jobs/${jobId}` };
}
