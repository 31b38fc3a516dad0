/** Node turns a longer timer into one of 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Wakes those who wait for something to change. */
export class Doorbell {
  readonly #waiting = new Set<() => void>();

  ring(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next ring, or after `ms` of real time. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(ms, LONGEST_TIMER_MS));
      this.#waiting.add(wake);
    });
  }
}
