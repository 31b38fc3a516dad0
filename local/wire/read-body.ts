import type { IncomingMessage } from 'node:http';

/** The largest body that is taken. COS takes 5 GB; this cloud holds a body in memory, and no docjob object comes near. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** The whole body; undefined when it is larger than this cloud takes. Rejects when the client goes away. */
export async function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    // What is too large is read to its end and dropped, so that the client hears the answer.
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined;
}
