import { openSqsWorld } from './sqs/open.js';
import type { OpenQueueWorld } from './world/simulation.js';

/** The kinds of queue that can be simulated, each a world of its own. */
export const WORLDS = { sqs: openSqsWorld } as const satisfies Record<string, OpenQueueWorld>;

export type WorldName = keyof typeof WORLDS;

export function isWorldName(text: string): text is WorldName {
  return Object.hasOwn(WORLDS, text);
}
