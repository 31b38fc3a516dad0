import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Answers one request with whatever bytes it likes. */
export type RawStep = (socket: Socket) => void;

/** A loopback peer that speaks in bytes, for answers that no HTTP server would send. Each request gets the next step, the last step for ever. */
export class RawServer {
  /** The first line of each request, in order. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #script: RawStep[];
  readonly #open = new Set<Socket>();
  #connections = 0;

  private constructor(script: readonly RawStep[]) {
    this.#script = [...script];
    // Half-open: what the peer does when the client ends is for the script to say.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
  }

  static async start(...script: RawStep[]): Promise<RawServer> {
    const raw = new RawServer(script);
    await new Promise<void>((resolve) => raw.#server.listen(0, '127.0.0.1', resolve));
    return raw;
  }

  get origin(): URL {
    const { port } = this.#server.address() as AddressInfo; // listening on TCP
    return new URL(`http://127.0.0.1:${port}`);
  }

  /** How many connections there have been. */
  get connections(): number {
    return this.#connections;
  }

  /** Does `act` to the newest connection while the client leaves it idle, and resolves once the client has met it. */
  async meanwhile(act: (socket: Socket, done: () => void) => void): Promise<void> {
    const socket = [...this.#open].at(-1);
    if (socket === undefined) throw new Error('there is no connection');
    await delivered();
    await new Promise<void>((resolve) => act(socket, resolve));
    await delivered();
  }

  /** Resolves once every connection has been closed, by whichever side; never, while a client keeps one. */
  async allClosed(): Promise<void> {
    for (const socket of this.#open) {
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.resume(); // one that plays dead would not hear of it
      await closed;
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#connections += 1;
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('error', () => undefined); // the client resets what it gives up
    socket.on('end', () => socket.end());
    let head = '';
    let bodyBytes = 0;
    socket.on('data', (chunk: Buffer) => {
      const ofBody = Math.min(bodyBytes, chunk.length);
      bodyBytes -= ofBody;
      head += chunk.toString('latin1', ofBody);
      // A step answers once the headers are there; what body comes after them is dropped.
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
      bodyBytes = Math.max(0, length - (head.length - end - 4));
      this.requests.push(head.slice(0, head.indexOf('\r\n')));
      head = '';
      const step = this.#script.length > 1 ? this.#script.shift() : this.#script[0];
      step?.(socket);
    });
  }
}

/** A whole answer as bytes. */
export function rawAnswer(body: string | Buffer, status = '200 OK', headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${bytes.length}`].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), bytes]);
}

/** Writes `bytes` and leaves the connection open. */
export const send =
  (...bytes: (string | Buffer)[]): RawStep =>
  (socket) => {
    socket.write(Buffer.concat(bytes.map((part) => Buffer.from(part))));
  };

/** Writes `bytes` and ends the connection in order. */
export const sendAndEnd =
  (...bytes: (string | Buffer)[]): RawStep =>
  (socket) => {
    socket.end(Buffer.concat(bytes.map((part) => Buffer.from(part))));
  };

/** Writes `bytes` and, once the client has them, breaks the connection off: a reset would otherwise overtake them. */
export const sendAndReset =
  (bytes: string): RawStep =>
  (socket) => {
    socket.write(bytes, () => void delivered().then(() => socket.resetAndDestroy()));
  };

/** Writes `bytes` one by one, `everyMs` apart, until the connection closes or there are no more. */
export const drip =
  (bytes: string, everyMs: number): RawStep =>
  (socket) => {
    let at = 0;
    const timer = setInterval(() => {
      if (at < bytes.length) socket.write(bytes.charAt(at));
      at += 1;
    }, everyMs);
    socket.on('close', () => clearInterval(timer));
  };

/**
 * Resolves once this process, which is the client too, has read what loopback sockets had for it: what was written before is in the client's
 * buffer, and each turn of the event loop polls it.
 */
export async function delivered(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
