import { between, millis, type EpochMs, type Millis } from '../domain/units.js';
import type { Log } from '../telemetry/log.js';
import type { ReceivedMessage } from './cmq-messages.js';
import { alarmingAge, momentOf, type CmqSettings } from './cmq-times.js';
import type { CmqAddress } from './queue-url.js';

/**
 * Says, once in a run, that messages wait so long that the service may soon drop them: `queue-falls-behind`, as a warning, with the queue's name, the
 * age of the oldest message of the first receive that had one, and how long is left until the service acknowledges it itself. No metric of the
 * service tells an age.
 */
export class AgeWatch {
  readonly #queue: CmqAddress;
  readonly #settings: CmqSettings;
  readonly #log: Log;
  #hasWarned = false;

  constructor(queue: CmqAddress, settings: CmqSettings, log: Log) {
    this.#queue = queue;
    this.#settings = settings;
    this.#log = log;
  }

  /** Takes note of what was received at `now`, by the service's clock where it told the time. */
  see(messages: readonly ReceivedMessage[], now: EpochMs): void {
    if (this.#hasWarned) return;
    const { maxUnacked } = this.#settings;
    const alarming = messages
      // One that does not say when it was sent has no age.
      .map((message) => between(momentOf(message.enqueueTime) ?? now, now))
      // One that is older than it can get was brought back by a rewind.
      .filter((age) => age >= alarmingAge(this.#settings) && age < maxUnacked);
    if (alarming.length === 0) return;
    this.#hasWarned = true;
    const oldestAgeMs: Millis = millis(Math.max(...alarming));
    const { queueName: queue } = this.#queue;
    this.#log.warn('queue-falls-behind', { queue, oldestAgeMs, leftMs: maxUnacked - oldestAgeMs });
  }
}
