import type { Dice } from '../core/dice.js';
import type { Scenario } from '../scenario.js';

export interface CmqPlan {
  readonly x: 0;
}
export const QUIET_CMQ: CmqPlan = { x: 0 };
export function inCmq(scenario: Scenario, _dice: Dice): Scenario {
  return scenario;
}
