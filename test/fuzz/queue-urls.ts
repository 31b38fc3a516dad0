import { parseQueueUrl } from '../../lib/queue/queue-url.js';
import type { Target } from './campaign.js';
import { check } from './check.js';
import { hostileName } from './hostile-names.js';

const QUEUE_URLS = [
  'https://sqs.eu-central-1.amazonaws.com/123456789012/pending',
  'https://eu-central-1.queue.amazonaws.com/123456789012/pending',
  'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/pending',
  'cos://docs-1250000000.ap-beijing/docjob/pending/',
  'cmq://cmq-bj.public.tencenttdmq.com/jobs',
  'cmq://bj.mqadapter.cmq.tencentyun.com/jobs',
  'http://127.0.0.1:9000/000000000000/pending',
] as [string, ...string[]];

/** Queue URLs: an address whose parts are where they say, or a refusal in a sentence. */
export const queueUrlsTarget: Target = {
  name: 'queue-urls',
  run: (random) => {
    const text = hostileName(random.pick(QUEUE_URLS), random);
    const kind = random.oneIn(4) ? 'sqs' : undefined;
    const address = parseQueueUrl(text, kind);
    switch (address.kind) {
      case 'refused':
        check(address.problem.length <= 7_000, 'a refusal is not much longer than the URL');
        break;
      case 'sqs': {
        const { protocol, hostname } = new URL(address.url);
        check(new URL(address.origin).host === new URL(address.url).host, 'the origin is that of the URL');
        const isAws = /^sqs\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(hostname);
        check((isAws && protocol === 'https:') || kind === 'sqs', 'a host that is not AWS’s was asked for');
        break;
      }
      case 'cos':
        check(
          /^[a-z0-9-]+-\d{5,15}$/.test(address.bucket) && /^[a-z0-9-]+$/.test(address.region),
          'bucket and region are labels',
        );
        check(/^([A-Za-z0-9_-][A-Za-z0-9._-]*\/)+$/.test(address.prefix), `${address.prefix} is a folder`);
        break;
      case 'cmq': {
        const { hostname, pathname } = new URL(address.origin);
        check(
          /^[a-z-]+\.(public\.tencenttdmq|mqadapter\.cmq\.tencentyun)\.com$/.test(hostname) &&
            pathname === '/',
          'the host is TDMQ’s',
        );
        check(/^[A-Za-z][\w-]*$/.test(address.queueName), 'the queue is a name');
        break;
      }
    }
    return { outcome: address.kind, inputBytes: Buffer.byteLength(text) };
  },
};
