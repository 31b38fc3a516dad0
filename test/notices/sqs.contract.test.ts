import { after, hours, seconds } from '../../lib/domain/units.js';
import { openSqsNotices } from '../../lib/notices/sqs-notices.js';
import { TEST_KEY } from '../queue/aws-environment.js';
import { EmbeddedSqs, REGION } from '../queue/embedded-sqs.js';
import { RunClock } from '../support/virtual-clock.js';
import { describeNoticeQueue } from './contract.js';

describeNoticeQueue('SQS, on our embedded SQS', async () => {
  const embedded = await EmbeddedSqs.start();
  const { control } = embedded.sqs;
  control.createQueue('notices');
  const clock = new RunClock();
  const openAt = (name: string) =>
    openSqsNotices(
      {
        queueUrl: embedded.urlOf(name),
        region: REGION,
        endpoint: embedded.origin,
        requestTimeout: seconds(1),
      },
      {
        clock,
        random: () => 0,
        transport: embedded.transport,
        credentials: TEST_KEY,
        deadline: after(clock.now(), hours(1)),
      },
    );
  return {
    notices: openAt('notices'),
    now: () => clock.now(),
    bodies: () => control.messages('notices').map(({ content }) => content.body),
    loseAnswer: () => control.fail('SendMessageBatch', { kind: 'lose-answer' }),
    fail: (times) => control.fail('SendMessageBatch', { kind: 'refuse', as: 'InternalError' }, times),
    elsewhere: () => openAt('nowhere'),
    close: () => embedded.close(),
  };
});
