import type { FunctionDefinition } from '../function-definition.js';

/** How the callback function is deployed; a deployment can do without it. */
export const callback = {
  name: 'callback',
  description:
    'Takes the callbacks of CI document jobs that have ended, looks at each job, and queues those not settled',
  /** Anybody can call a URL: a flood shall cost no more than this at a time. A callback that finds no room is a hint lost, and no job. */
  trigger: { kind: 'url', maxConcurrentCalls: 5 },
  /** A look with its retries, and the time to queue what it leaves open. Nobody knows how long CI waits for an answer. */
  timeoutSeconds: 30,
  /** A callback about one job of 5,000 pages was measured to need 180 MB; it may name several. */
  memoryMb: 512,
} as const satisfies FunctionDefinition;
