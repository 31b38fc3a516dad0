import { TransportError } from '../../lib/cos/errors/transport-error.js';
import type { Transport } from '../../lib/cos/transport.js';
import type { LocalCmq } from '../../local/cmq/index.js';

/** The embedded CMQ without sockets, for simulations of many thousand calls. */
export function inProcess(cmq: LocalCmq): Transport {
  return {
    exchange: async ({ target, method, path, headers, body, asked }, { signal }) => {
      const reply = await cmq.exchange({
        method,
        host: target.host,
        target: path,
        contentType: headers['content-type'],
        body: Buffer.from(body ?? []),
        abandoned: signal,
      });
      if (reply === undefined) throw new TransportError('connection', `${asked} had no answer`);
      return reply;
    },
    close: () => undefined,
  };
}
