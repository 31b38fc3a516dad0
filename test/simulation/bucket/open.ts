import type { OpenQueueWorld } from '../world/simulation.js';
import { BucketWorld } from './world.js';

/** A bucket as the queue of a simulation. */
export const openBucketWorld: OpenQueueWorld = (parts) => new BucketWorld(parts);
