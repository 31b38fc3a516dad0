import type { OpenQueueWorld } from '../world/simulation.js';
import { SqsWorld } from './world.js';

/** SQS as the queue of a simulation. */
export const openSqsWorld: OpenQueueWorld = ({ scheduler, scenario, dice, observer, latency }) =>
  new SqsWorld(scheduler, scenario, dice, observer, latency);
