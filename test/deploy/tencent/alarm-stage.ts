import { alarmsOf, type AlarmSet } from '../../../deploy/tencent/alarms.js';
import { setAlarms } from '../../../deploy/tencent/set-alarms.js';
import { parseQueueUrl, type QueueAddress } from '../../../lib/queue/open-queue.js';
import type { FakeMonitor } from './fake-monitor.js';
import { NAME, POLL, PROVIDER, Stage } from './plans.js';

/** The queues of a deployment. */
export interface Queues {
  readonly queue: QueueAddress;
  readonly deadLetters: QueueAddress;
}

function address(url: string): QueueAddress {
  const parsed = parseQueueUrl(url);
  if (parsed.kind === 'refused') throw new Error(parsed.problem);
  return parsed;
}

export const ON_CMQ: Queues = {
  queue: address('cmq://cmq-bj.public.tencenttdmq.com/pending'),
  deadLetters: address('cmq://cmq-bj.public.tencenttdmq.com/dead-letters'),
};

export const IN_BUCKET: Queues = {
  queue: address('cos://docs-1250000000.ap-beijing/docjob/pending/'),
  deadLetters: address('cos://docs-1250000000.ap-beijing/docjob/dead/'),
};

/** The fake of the API with the queues of a deployment in it, whose alarms are to be set. */
export class AlarmStage {
  readonly stage: Stage;

  private constructor(stage: Stage) {
    this.stage = stage;
  }

  static async open(): Promise<AlarmStage> {
    const stage = await Stage.open();
    for (const QueueName of ['pending', 'dead-letters']) stage.cloud.tdmq.put({ QueueName });
    return new AlarmStage(stage);
  }

  get monitor(): FakeMonitor {
    return this.stage.cloud.monitor;
  }

  /** What was said since the last time. */
  said(): readonly string[] {
    return this.stage.lines.splice(0);
  }

  /** The alarms of a deployment. */
  alarms(queues: Queues, name = 'dev'): AlarmSet {
    const service = {
      service: 'docjob',
      provider: { ...PROVIDER, stage: name },
      functions: {
        submit: { ...POLL, name: 'docjob-dev-submit', events: [] },
        poll: { ...POLL, name: NAME },
      },
    };
    return alarmsOf(service, queues);
  }

  set(queues: Queues = ON_CMQ, noticeIds: readonly string[] = []): Promise<void> {
    return setAlarms(this.alarms(queues), noticeIds, this.stage.effects());
  }

  close(): Promise<void> {
    return this.stage.close();
  }
}
