import type { FunctionDefinition } from '../function-definition.js';

/** How the submit function is deployed. */
export const submit = {
  name: 'submit',
  description: 'Makes CI document jobs for objects in COS and puts them into the queue of pending jobs',
  /**
   * By whoever has documents, or by COS for new objects. The platform's own retries stay on: an event that failed is to come again. So are those for
   * which there was no room: thousands of new objects at once wait for their turn instead of asking CI all at the same time.
   */
  trigger: { kind: 'call', maxConcurrentCalls: 5 },
  /** Room for a batch at CONCURRENCY documents at a time, and for two lost answers of one document. What does not fit is reported as not tried. */
  timeoutSeconds: 60,
  /** It holds a few hundred small answers; the processor that comes with the memory is what it is for. */
  memoryMb: 256,
} as const satisfies FunctionDefinition;
