import { createCallback } from '../../lib/callback.js';
import { lambdaUrlRequest, scfUrlRequest } from '../../lib/platform/function-url.js';
import { lambdaCall } from '../../lib/platform/lambda.js';
import { scfCall } from '../../lib/platform/scf.js';
import { systemClock, systemEffects } from '../../lib/platform/system.js';

const callback = createCallback(process.env, systemEffects);

/** AWS Lambda's entry: `index.handler`. */
export async function handler(event: unknown, context: unknown): Promise<unknown> {
  const call = lambdaCall(context, process.env, systemClock.now());
  return callback({ ...call, request: lambdaUrlRequest(event) });
}

/** Tencent SCF's entry: `index.main_handler`. */
export async function main_handler(event: unknown, context: unknown): Promise<unknown> {
  const call = scfCall(context, process.env, systemClock.now());
  return callback({ ...call, request: scfUrlRequest(event) });
}
