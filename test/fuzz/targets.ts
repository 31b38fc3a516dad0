import { callbacksTarget } from './callbacks.js';
import type { Target } from './campaign.js';
import { cmqAnswersTarget } from './cmq-answers.js';
import { configurationTarget } from './configuration.js';
import { eventsTarget } from './events.js';
import { messagesTarget } from './messages.js';
import { queueUrlsTarget } from './queue-urls.js';
import { responsesTarget } from './responses.js';
import { sqsAnswersTarget } from './sqs-answers.js';
import { submissionsTarget } from './submissions.js';

/** All that is fuzzed. */
export const TARGETS: readonly Target[] = [
  responsesTarget(),
  messagesTarget(),
  queueUrlsTarget,
  configurationTarget(),
  eventsTarget,
  submissionsTarget(),
  callbacksTarget(),
  cmqAnswersTarget(),
  sqsAnswersTarget(),
];
