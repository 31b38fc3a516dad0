import { unnoticedSkewMs, type Scenario } from '../scenario.js';
import type { BurialReason } from '../world/queue-world.js';
import type { TrueJob } from '../world/true-job.js';

export type FinalOutcome = 'manifest' | BurialReason;

/**
 * How a job may end, by its true record and the scenario; more than one where chance decides. Where a queue gives up by itself after a few
 * receives, that may come first.
 */
export function outcomeOf(job: TrueJob | undefined, scenario: Scenario): readonly FinalOutcome[] {
  const own = job === undefined ? (['not-a-job'] as const) : ownOutcomeOf(job, scenario);
  return scenario.sqs.maxReceiveCount < 1_000 ? [...own, 'receive-limit'] : own;
}

function ownOutcomeOf(job: TrueJob, scenario: Scenario): readonly FinalOutcome[] {
  switch (job.kind) {
    case 'unknown-to-ci':
      return ['unknown-job'];
    case 'vanishing':
      return ['manifest', 'unknown-job'];
    case 'never-ending':
      return ['too-old'];
    case 'odd-state-for-ever':
      return ['unknown-state'];
    case 'source-closed':
      return scenario.isRedriven ? ['manifest'] : ['look-failed'];
    case 'output-closed':
      return scenario.isRedriven ? ['manifest'] : ['manifest-failed'];
    case 'output-not-allowed':
      return ['output-not-allowed'];
    case 'source-not-allowed':
      return ['bucket-not-allowed'];
    default:
      return endsTooLate(job, scenario) ? ['manifest', 'too-old'] : ['manifest'];
  }
}

/** A stale answer shows a job as it was so long ago at most, and a look takes its time. */
const STALE_MS = 60_000;

/** Whether a look at the maximum age may still find the job under way: jobs wait for each other, and pauses add up. */
function endsTooLate({ jobId, endsAt }: TrueJob, scenario: Scenario): boolean {
  const accepted = scenario.submissions.filter(({ subject }) => subject === jobId).map(({ at }) => at);
  const { maxAge } = scenario.policy.decisions;
  return endsAt + STALE_MS + unnoticedSkewMs(scenario) > Math.min(...accepted) + maxAge;
}
