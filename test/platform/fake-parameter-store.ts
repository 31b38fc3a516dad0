import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SqsRefusal } from '../../local/sqs/refusal.js';
import { verifySigV4 } from '../../local/sqs/sigv4.js';
import { TEST_KEY } from '../queue/aws-environment.js';

export const REGION = 'eu-central-1';

/** The one region and the one key that are taken; the key of a role, with its token, where it has one. */
interface Place {
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** How the next call goes wrong. */
type Fault =
  | { readonly kind: 'refuse'; readonly name: string; readonly message: string; readonly status?: number }
  | { readonly kind: 'hang' };

/**
 * Systems Manager's GetParameter on loopback, by AWS's JSON 1.1 protocol: one action, one region, one key, every signature checked, and a value only
 * for those who ask for it decrypted. Like the real one it is kept by name, and knows secrets under `/aws/reference/secretsmanager/`.
 */
export class FakeParameterStore {
  place: Place = { region: REGION, credentials: TEST_KEY };
  /** What is stored, by name. */
  readonly values = new Map<string, string>();
  /** The names that were asked for, refused calls included. */
  readonly asked: string[] = [];
  readonly faults: Fault[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<FakeParameterStore> {
    const store = new FakeParameterStore();
    await new Promise<void>((resolve) => store.#server.listen(0, '127.0.0.1', resolve));
    return store;
  }

  get origin(): string {
    const { port } = this.#server.address() as AddressInfo; // listening on TCP
    return `http://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    try {
      const { method = '', url = '/', headers } = request;
      verifySigV4({ method, target: url, headers, body }, { ...this.place, service: 'ssm', now: Date.now() });
      if (headers['x-amz-security-token'] !== this.place.credentials.sessionToken) {
        answer(response, 400, { __type: 'UnrecognizedClientException' });
      } else if (
        method !== 'POST' ||
        url !== '/' ||
        headers['content-type'] !== 'application/x-amz-json-1.1'
      ) {
        answer(response, 404, { __type: 'UnknownOperationException' });
      } else if (headers['x-amz-target'] !== 'AmazonSSM.GetParameter') {
        answer(response, 400, { __type: 'UnknownOperationException' });
      } else this.#getParameter(JSON.parse(body.toString()) as Record<string, unknown>, response);
    } catch (error) {
      if (!(error instanceof SqsRefusal)) throw error;
      answer(response, 400, { __type: error.form.type, message: error.message });
    }
  }

  #getParameter({ Name, WithDecryption, ...rest }: Record<string, unknown>, response: ServerResponse): void {
    if (typeof Name !== 'string' || Object.keys(rest).length > 0) {
      answer(response, 400, { __type: 'ValidationException', message: 'unexpected input' });
      return;
    }
    this.asked.push(Name);
    const fault = this.faults.shift();
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'refuse') {
      answer(response, fault.status ?? 400, { __type: fault.name, message: fault.message });
      return;
    }
    const value = this.values.get(Name);
    if (value === undefined) answer(response, 400, { __type: 'ParameterNotFound' });
    else {
      const Value = WithDecryption === true ? value : 'AQICAHgkOtBCiphertext';
      answer(response, 200, { Parameter: { Name, Type: 'SecureString', Value, Version: 1 } });
    }
  }
}

function answer(response: ServerResponse, status: number, content: object): void {
  response
    .writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() })
    .end(JSON.stringify(content));
}
