import { describe, expect, test } from '@jest/globals';
import { targetAt, targetOf } from '../../lib/cos/hosts.js';
import { SOURCE } from '../support/pending-jobs.js';

describe('where a request goes', () => {
  test.each(['cos', 'ci'] as const)("is its bucket's own host of %s, over HTTPS", (family) => {
    const host = `docs-1250000000.${family}.ap-beijing.myqcloud.com`;
    expect(targetOf({ family, ...SOURCE }, {})).toEqual({
      protocol: 'https:',
      hostname: host,
      port: 443,
      host,
    });
  });

  test.each([
    ['http://127.0.0.1:8080', 'http:', '127.0.0.1', 8080],
    ['http://127.0.0.1', 'http:', '127.0.0.1', 80],
    ['https://localhost', 'https:', 'localhost', 443],
    ['https://localhost:8443', 'https:', 'localhost', 8443],
    ['http://[::1]:8080', 'http:', '::1', 8080],
  ])('is %s where that stands in for the service, whose name stays', (override, protocol, hostname, port) => {
    const expected = { protocol, hostname, port, host: 'sts.tencentcloudapi.com' };
    expect(targetAt('https://sts.tencentcloudapi.com', new URL(override))).toEqual(expected);
  });

  test('is not changed by what stands in for the other family', () => {
    const target = targetOf({ family: 'cos', ...SOURCE }, { ci: new URL('http://127.0.0.1:8080') });
    expect(target.hostname).toBe('docs-1250000000.cos.ap-beijing.myqcloud.com');
  });
});
