import type { FunctionDefinition } from '../function-definition.js';

/** How the poll function is deployed. */
export const poll = {
  name: 'poll',
  description: 'Looks at pending CI document jobs and writes the manifests of those that have ended',
  /** How often it runs, which bounds how stale a manifest can be. */
  trigger: { kind: 'timer', everyMinutes: 1 },
  /** One tick: a run that ends before the next begins needs no lock against it. */
  timeoutSeconds: 60,
  /** Sixteen answers of 5,000 pages at a time were measured to need up to 250 MB. */
  memoryMb: 512,
} as const satisfies FunctionDefinition;
