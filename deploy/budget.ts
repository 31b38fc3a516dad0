import type { FUNCTIONS } from './functions.js';

/**
 * The most bytes that a function's `index.js` may have: what it has and a twentieth, so that growth is a decision and not an accident. Code costs at
 * every cold start, used or not: 190 KB of it were measured to take 10 ms of CPU just to be read.
 */
export const CODE_BUDGETS: Readonly<Record<(typeof FUNCTIONS)[number]['name'], number>> = {
  /** 703 KB, of which the SQS client and what both AWS clients share have 320, and the client for the Parameter Store 180. */
  poll: 790_000,
  submit: 790_000,
  callback: 790_000,
};
