import { lambdaInvocation } from '../../lib/platform/lambda.js';
import { scfInvocation } from '../../lib/platform/scf.js';
import { systemClock, systemEffects } from '../../lib/platform/system.js';
import { createPoll } from '../../lib/poll.js';

const poll = createPoll(process.env, systemEffects);

/** AWS Lambda's entry: `index.handler`. */
export async function handler(event: unknown, context: unknown): Promise<unknown> {
  return poll(lambdaInvocation(event, context, process.env, systemClock.now()));
}

/** Tencent SCF's entry: `index.main_handler`. */
export async function main_handler(event: unknown, context: unknown): Promise<unknown> {
  const startedAt = systemClock.now();
  return poll(scfInvocation(event, context, process.env, startedAt));
}
