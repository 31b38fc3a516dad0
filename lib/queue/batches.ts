/** What a queue takes in one batch. */
export interface BatchLimits {
  readonly entries: number;
  /** Of all its messages together. */
  readonly bytes: number;
}

/** In order, each batch within `limits`. An item that is too large by itself gets a batch of its own, for the queue to refuse. */
export function splitIntoBatches<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  limits: BatchLimits,
): T[][] {
  const batches: T[][] = [];
  let current: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (current.length >= limits.entries || (current.length > 0 && bytes + size > limits.bytes)) {
      batches.push(current);
      current = [];
      bytes = 0;
    }
    current.push(item);
    bytes += size;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}
