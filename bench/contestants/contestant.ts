/** One way to finish jobs, measured in a process of its own. */
export interface Contestant {
  /** Finishes the jobs: a manifest for each, and each acknowledged where there is a queue. Rejects when it cannot. */
  readonly finish: (jobIds: readonly string[]) => Promise<void>;
}

/** An order to a contestant's process. */
export interface Order {
  readonly jobIds: readonly string[];
  /** The directory for a CPU profile of just this order; none when left out. */
  readonly profileTo?: string;
}

/** What an order cost the contestant's process. */
export interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
  /** The most resident memory that the process ever had; null where the system does not tell. */
  readonly peakRssMb: number | null;
}

/** What comes back for an order. */
export type OrderResult = { readonly cost: Cost } | { readonly error: string };
