import { Agent } from 'undici';
import { parseXml, type XmlElement } from '../../lib/cos/xml.js';
import { signRequest } from '../../lib/cos-signer/index.js';
import { MAX_ANSWER_BYTES } from '../../lib/doc-jobs/decode.js';
import { setting, source } from './env.js';

/**
 * The floor: the two requests of a job by undici, the leanest client there is, and between them docjob's own parser. Signed, since the cloud takes
 * nothing else; no checks, no retries, no time limits, no log.
 */
export class BareJobs {
  readonly #agent: Agent;
  readonly #ci: string;
  readonly #origin = setting('COS_ENDPOINT');
  readonly #credentials = {
    secretId: setting('TENCENTCLOUD_SECRET_ID'),
    secretKey: setting('TENCENTCLOUD_SECRET_KEY'),
  };

  constructor(connections: number) {
    this.#agent = new Agent({ connections, pipelining: 1 });
    const { bucket, region } = source();
    this.#ci = `${bucket}.ci.${region}.myqcloud.com`;
  }

  async finish(jobId: string): Promise<void> {
    const body = await this.#ask('GET', this.#ci, `/doc_jobs/${jobId}`);
    const root = parseXml({ body, requestId: undefined }, 'Response', MAX_ANSWER_BYTES);
    const operation = required(required(root, 'JobsDetail'), 'Operation');
    const output = required(operation, 'Output');
    const pages = required(operation, 'DocProcessResult')
      .children('PageInfo')
      .map((page) => ({ pageNo: Number(page.requiredText('PageNo')), key: page.requiredText('TgtUri') }));
    const host = `${output.requiredText('Bucket')}.cos.${output.requiredText('Region')}.myqcloud.com`;
    await this.#ask('PUT', host, `/manifests/${jobId}.json`, JSON.stringify({ jobId, pages }));
  }

  async #ask(method: 'GET' | 'PUT', host: string, path: string, body?: string): Promise<Buffer> {
    const now = Math.floor(Date.now() / 1_000);
    const validity = { start: now - 60, end: now + 600 };
    const { authorization } = signRequest({ method, path, headers: { host } }, this.#credentials, validity);
    const answer = await this.#agent.request({
      origin: this.#origin,
      method,
      path,
      headers: { host, authorization },
      ...(body === undefined ? {} : { body }),
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    if (answer.statusCode === 200) return bytes;
    throw new Error(
      `${method} ${host}${path} was answered with ${answer.statusCode}: ${bytes.toString('utf8')}`,
    );
  }
}

function required(element: XmlElement, name: string): XmlElement {
  const child = element.child(name);
  if (child === null) throw new Error(`${element.path} has no ${name}`);
  return child;
}
