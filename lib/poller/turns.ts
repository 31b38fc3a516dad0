import type { Task } from './sweep.js';

/** The tasks of one source bucket. */
interface Line {
  readonly tasks: Task[];
  taken: number;
  underWay: number;
}

/**
 * Tasks in the turns of their source buckets: the next one is of the bucket that has the fewest under way, of equals the one whose last turn is longest ago. So a
 * bucket of few jobs need not wait for one of many, and one whose host is slow holds no more than its part of the looks at a time while others have some
 * to do. Within a bucket the order stays. What holds no job is a line of its own.
 */
export class Turns implements Iterable<Task> {
  readonly #lines = new Map<string | undefined, Line>();
  /** Those that have tasks left, the one whose turn is longest ago first. */
  readonly #waiting: Line[];

  constructor(tasks: readonly Task[]) {
    for (const task of tasks) {
      const bucket = bucketOf(task);
      const line = this.#lines.get(bucket) ?? { tasks: [], taken: 0, underWay: 0 };
      this.#lines.set(bucket, line);
      line.tasks.push(task);
    }
    this.#waiting = [...this.#lines.values()];
  }

  /** Takes one task after the other; each is to begin as it is taken. */
  *[Symbol.iterator](): Generator<Task, void, undefined> {
    for (let task = this.#next(); task !== undefined; task = this.#next()) yield task;
  }

  /** A task that was taken has ended. */
  ended(task: Task): void {
    const line = this.#lines.get(bucketOf(task));
    if (line !== undefined) line.underWay -= 1;
  }

  #next(): Task | undefined {
    const fewest = Math.min(...this.#waiting.map(({ underWay }) => underWay));
    const [line] = this.#waiting.splice(
      this.#waiting.findIndex(({ underWay }) => underWay === fewest),
      1,
    );
    if (line === undefined) return undefined;
    const task = line.tasks[line.taken];
    line.taken += 1;
    line.underWay += 1;
    if (line.taken < line.tasks.length) this.#waiting.push(line);
    return task;
  }
}

function bucketOf({ lease }: Task): string | undefined {
  return lease.kind === 'job' ? `${lease.job.bucket} ${lease.job.region}` : undefined;
}
