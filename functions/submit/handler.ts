import { lambdaCall } from '../../lib/platform/lambda.js';
import { scfCall } from '../../lib/platform/scf.js';
import { systemClock, systemEffects } from '../../lib/platform/system.js';
import { createSubmit } from '../../lib/submit.js';

const submit = createSubmit(process.env, systemEffects);

/** AWS Lambda's entry: `index.handler`. */
export async function handler(event: unknown, context: unknown): Promise<unknown> {
  return submit({ ...lambdaCall(context, process.env, systemClock.now()), event });
}

/** Tencent SCF's entry: `index.main_handler`. */
export async function main_handler(event: unknown, context: unknown): Promise<unknown> {
  const startedAt = systemClock.now();
  return submit({ ...scfCall(context, process.env, startedAt), event });
}
