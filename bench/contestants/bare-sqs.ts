import { createHash, createHmac } from 'node:crypto';
import { Agent } from 'undici';
import { setting } from './env.js';

/** Calls to SQS in its JSON protocol by undici, signed by hand (AWS Signature Version 4, "Create a signed request"): what the queue costs at the least. */
export class BareSqs {
  readonly #agent = new Agent({ connections: 4, pipelining: 1 });
  readonly #origin = new URL(setting('AWS_ENDPOINT_URL'));
  readonly #region = setting('AWS_REGION');
  readonly #key = { id: setting('AWS_ACCESS_KEY_ID'), secret: setting('AWS_SECRET_ACCESS_KEY') };
  readonly #signingKeys = new Map<string, Buffer>();

  /** Does one action. */
  async call(action: string, input: object): Promise<unknown> {
    const body = JSON.stringify(input);
    const answer = await this.#agent.request({
      origin: this.#origin.origin,
      method: 'POST',
      path: '/',
      headers: this.#signed(`AmazonSQS.${action}`, body),
      body,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200)
      throw new Error(`${action} was answered with ${answer.statusCode}: ${text}`);
    return JSON.parse(text);
  }

  #signed(target: string, body: string): Record<string, string> {
    const at = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
    const day = at.slice(0, 8);
    const scope = `${day}/${this.#region}/sqs/aws4_request`;
    const headers: Record<string, string> = {
      'content-type': 'application/x-amz-json-1.0',
      host: this.#origin.host,
      'x-amz-date': at,
      'x-amz-target': target,
    };
    const names = Object.keys(headers).join(';');
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
    const canonical = ['POST', '/', '', lines.join(''), names, sha256(body)].join('\n');
    const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
    const signature = hmac(this.#signingKey(day), toSign).toString('hex');
    const authorization = `AWS4-HMAC-SHA256 Credential=${this.#key.id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    return { ...headers, authorization };
  }

  #signingKey(day: string): Buffer {
    const known = this.#signingKeys.get(day);
    if (known !== undefined) return known;
    const key = [day, this.#region, 'sqs', 'aws4_request'].reduce<string | Buffer>(
      hmac,
      `AWS4${this.#key.secret}`,
    ) as Buffer; // there is a step at least
    this.#signingKeys.set(day, key);
    return key;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
