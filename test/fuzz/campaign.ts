import { Random } from './random.js';

/** What became of one case. */
export interface CaseResult {
  /** In a few fixed words, for the counts. */
  readonly outcome: string;
  readonly inputBytes: number;
}

/** Something that is fuzzed. */
export interface Target {
  readonly name: string;
  /** Does one case. Throws, or rejects, when it finds what must not be. */
  run(random: Random): CaseResult | Promise<CaseResult>;
}

/** What a campaign did. */
export interface CampaignReport {
  readonly target: string;
  readonly seed: number;
  readonly cases: number;
  /** By outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly inputBytes: number;
  readonly largestInputBytes: number;
  /** The case that took longest, and how long. */
  readonly slowest: { readonly number: number; readonly ms: number; readonly inputBytes: number };
}

/** A case that found something. The message holds the command that does it again. */
export class FuzzFinding extends Error {
  override readonly name = 'FuzzFinding';

  constructor(target: string, seed: number, number: number, cause: unknown) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    super(
      `${target}, case ${number}: ${what}\nagain: npm run fuzz -- --target ${target} --seed ${seed} --case ${number}`,
      { cause },
    );
  }
}

/**
 * Does the cases `from` to `from + cases - 1`.
 *
 * @throws FuzzFinding for the first case that finds something.
 */
export async function campaign(
  target: Target,
  { seed, cases, from = 0 }: { readonly seed: number; readonly cases: number; readonly from?: number },
  onProgress: (done: number) => void = () => undefined,
): Promise<CampaignReport> {
  const outcomes = new Map<string, number>();
  let inputBytes = 0;
  let largestInputBytes = 0;
  let slowest = { number: from, ms: 0, inputBytes: 0 };
  for (let number = from; number < from + cases; number += 1) {
    const startedAt = performance.now();
    let result: CaseResult;
    try {
      result = await target.run(new Random(seed, number));
    } catch (error) {
      throw new FuzzFinding(target.name, seed, number, error);
    }
    const ms = performance.now() - startedAt;
    if (ms > slowest.ms) slowest = { number, ms, inputBytes: result.inputBytes };
    outcomes.set(result.outcome, (outcomes.get(result.outcome) ?? 0) + 1);
    inputBytes += result.inputBytes;
    largestInputBytes = Math.max(largestInputBytes, result.inputBytes);
    onProgress(number - from + 1);
  }
  return {
    target: target.name,
    seed,
    cases,
    outcomes: Object.fromEntries([...outcomes].sort(([, a], [, b]) => b - a)),
    inputBytes,
    largestInputBytes,
    slowest,
  };
}
