import type { Target } from './campaign.js';
import { responsesTarget } from './responses.js';

/** All that is fuzzed. */
export const TARGETS: readonly Target[] = [responsesTarget()];
