import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** Answers one request of a script. */
export type Step = (request: IncomingMessage, response: ServerResponse, socket: Socket) => void;

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly socket: Socket;
}

/** A loopback server that answers each request with the next step of a script, the last step for ever. */
export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;
  readonly #script: Step[];

  private constructor(script: readonly Step[]) {
    this.#script = [...script];
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers, socket } = request;
        this.requests.push({ method, url, headers, body: Buffer.concat(chunks), socket });
        const step = this.#script.length > 1 ? this.#script.shift() : this.#script[0];
        step?.(request, response, socket);
      });
    });
  }

  static async start(...script: Step[]): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(script);
    await new Promise<void>((resolve) => scripted.#server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get origin(): URL {
    const { port } = this.#server.address() as AddressInfo; // listening on TCP
    return new URL(`http://127.0.0.1:${port}`);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A whole answer. */
export const answer =
  (status: number, body = '', headers: Record<string, string> = {}): Step =>
  (_request, response) => {
    response.writeHead(status, headers).end(body);
  };

/** An error answer as COS and CI send it. */
export const errorAnswer = (
  status: number,
  code: string,
  message = '',
  headers: Record<string, string> = {},
): Step =>
  answer(
    status,
    `<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>${code}</Code>\n\t<Message>${message}</Message>\n\t<RequestId>NjA=</RequestId>\n</Error>\n`,
    { 'content-type': 'application/xml', 'x-ci-request-id': 'NjA=', ...headers },
  );

/** The connection breaks before any answer. */
export const reset: Step = (_request, _response, socket) => {
  socket.resetAndDestroy();
};
