import { describe, expect, test } from '@jest/globals';
import { CredentialsError } from '../../lib/cos/errors/credentials-error.js';
import { DeadlineError } from '../../lib/cos/errors/deadline-error.js';
import { ServiceError, type ServiceErrorDetails } from '../../lib/cos/errors/service-error.js';
import { TransportError } from '../../lib/cos/errors/transport-error.js';
import { UndecodableError } from '../../lib/cos/errors/undecodable-error.js';

describe('an error says to machines what it is, and what to do about it', () => {
  test.each([
    [new CredentialsError('no key', 'r1'), 'CredentialsError', 'no-credentials', 'credentials', 'r1'],
    [new DeadlineError('GET /a'), 'DeadlineError', 'deadline', 'transient', undefined],
    [new TransportError('timeout', 'late'), 'TransportError', 'transport-timeout', 'transient', undefined],
    [
      new UndecodableError('odd', { requestId: 'r1' }),
      'UndecodableError',
      'undecodable-answer',
      'transient',
      'r1',
    ],
  ])('%s', (error, name, code, disposition, requestId) => {
    expect(error).toMatchObject({ name, code, disposition, requestId });
  });

  test('and to people what was not sent for want of time', () => {
    expect(new DeadlineError('GET /a').message).toMatch(/^GET \/a .*no time/);
  });
});

describe('the message of an error answer', () => {
  test.each<[knows: string, details: Partial<ServiceErrorDetails>, message: string]>([
    ['the status alone', {}, 'GET /a was answered with 403'],
    ['a code', { serviceCode: 'AccessDenied' }, 'GET /a was answered with 403 AccessDenied'],
    ['a text', { serviceMessage: 'no such grant' }, 'GET /a was answered with 403 no such grant'],
    [
      'a code, a text and a request ID',
      { serviceCode: 'AccessDenied', serviceMessage: 'no such grant', requestId: 'r1' },
      'GET /a was answered with 403 AccessDenied: no such grant (request ID r1)',
    ],
    ['a request ID', { requestId: 'r1' }, 'GET /a was answered with 403 (request ID r1)'],
  ])('has no gaps when it knows %s', (_knows, details, message) => {
    const error = new ServiceError({
      asked: 'GET /a',
      status: 403,
      disposition: 'configuration',
      ...details,
    });
    expect(error.message).toBe(message);
    expect(error.isUnexplained).toBe(false);
  });
});
