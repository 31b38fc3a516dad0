import { withTimeFor, type Scenario } from '../scenario.js';

/** How the simulated SQS behaves. */
export interface SqsPlan {
  /** The share of calls that something befalls, and until when. */
  readonly faultRate: number;
  readonly until: number;
  readonly maxReceiveCount: number;
  /** A short poll asks a part of the servers only: it may find nothing, or not all (Developer Guide, "Short and long polling"). */
  readonly sampling: boolean;
  /** The share of first deliveries after which the message stays visible: at least once means this. */
  readonly repeatShare: number;
  /** The share of deletes that a server missed, so that the message comes again. */
  readonly undoneShare: number;
  readonly retentionMs: number;
}

/** Before its first look: the probe, and once more, signed anew, where the clock was wrong. SQS itself is fast. */
const CALLS_BEFORE_A_LOOK = 2;

/** The scenario with SQS as its queue. */
export function inSqs(scenario: Scenario): Scenario {
  return { ...scenario, platform: withTimeFor(CALLS_BEFORE_A_LOOK, scenario) };
}
