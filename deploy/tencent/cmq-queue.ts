import { poll } from '../../functions/poll/function.js';

/** The longest that CMQ keeps a message that nobody acknowledged (tdmq API, CreateCmqQueue: 30 to 43200 seconds): then it is gone without a trace. */
export const MAX_UNACKNOWLEDGED_SECONDS = 43_200;

/** What the functions are told of a queue of TDMQ-CMQ: how the deployment makes it, or demands it to be (docs/adr/0002-cmq.md). */
export const CMQ_AS_DEPLOYED: Readonly<Record<string, string>> = {
  CMQ_MAX_UNACKED_SECONDS: String(MAX_UNACKNOWLEDGED_SECONDS),
  CMQ_VISIBILITY_SECONDS: String(poll.timeoutSeconds + 10),
};
