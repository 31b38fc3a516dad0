import type { OpenQueueWorld } from '../world/simulation.js';
import { CmqWorld } from './world.js';

/** CMQ as the queue of a simulation. */
export const openCmqWorld: OpenQueueWorld = (parts) => new CmqWorld(parts);
