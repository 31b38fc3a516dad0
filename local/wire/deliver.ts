import type { ServerResponse } from 'node:http';
import type { Delivery } from '../faults/distort.js';
import type { Answer } from './answer.js';

/** Puts an answer onto the wire, or does to the connection what a fault says. */
export function deliver(response: ServerResponse, answer: Answer, delivery: Delivery): void {
  const { socket } = response;
  switch (delivery) {
    case 'never':
      return;
    case 'reset':
      socket?.resetAndDestroy();
      return;
    case 'whole':
      writeHead(response, answer);
      response.end(answer.body);
      return;
    case 'reset-mid-body':
    case 'cut-mid-body':
      writeHead(response, answer);
      response.write(answer.body.subarray(0, Math.ceil(answer.body.length / 2)), () => {
        if (delivery === 'reset-mid-body') socket?.resetAndDestroy();
        else socket?.end();
      });
  }
}

function writeHead(response: ServerResponse, { status, headers, body }: Answer): void {
  response.sendDate = false; // the cloud dates its answers by its own clock
  const length = status === 204 ? {} : { 'content-length': String(body.length) };
  response.writeHead(status, { ...length, ...headers });
}
