import { after, minutes, seconds } from '../../lib/domain/units.js';
import { openCmqNotices } from '../../lib/notices/cmq-notices.js';
import { seededRandom } from '../../local/faults/seeded-random.js';
import { cmqAddress, EmbeddedCmq } from '../queue/embedded-cmq.js';
import { describeNoticeQueue } from './contract.js';

describeNoticeQueue('CMQ, on our embedded CMQ', async () => {
  const embedded = await EmbeddedCmq.start();
  const { control } = embedded.cmq;
  const url = control.createQueue('notices');
  const { clock, transport, credentials, origin: endpoint } = embedded;
  const openAt = (queueUrl: string) =>
    openCmqNotices(
      { queue: cmqAddress(queueUrl), endpoint, requestTimeout: seconds(1) },
      { clock, transport, credentials, random: seededRandom(11), deadline: after(clock.now(), minutes(5)) },
    );
  return {
    notices: openAt(url),
    now: () => clock.now(),
    bodies: () => control.messages('notices').map(({ body }) => body),
    loseAnswer: () => control.fail('BatchSendMessage', { kind: 'lose-answer' }),
    fail: (times) => control.fail('BatchSendMessage', { kind: 'refuse', as: 'Internal' }, times),
    elsewhere: () => openAt(url.replace('notices', 'nowhere')),
    close: () => embedded.close(),
  };
});
