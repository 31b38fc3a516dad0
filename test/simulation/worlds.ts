import { openBucketWorld } from './bucket/open.js';
import { openCmqWorld } from './cmq/open.js';
import type { WorldName } from './scenario.js';
import { openSqsWorld } from './sqs/open.js';
import type { OpenQueueWorld } from './world/simulation.js';

/** The worlds by their names. */
export const WORLDS: Readonly<Record<WorldName, OpenQueueWorld>> = {
  sqs: openSqsWorld,
  bucket: openBucketWorld,
  cmq: openCmqWorld,
};

export const WORLD_NAMES: readonly WorldName[] = ['sqs', 'bucket', 'cmq'];

export function isWorldName(text: string): text is WorldName {
  return Object.hasOwn(WORLDS, text);
}
