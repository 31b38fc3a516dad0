/** How the simulated SQS behaves. */
export interface SqsPlan {
  /** The share of calls that something befalls, and until when. */
  readonly faultRate: number;
  readonly until: number;
  readonly maxReceiveCount: number;
  /** A short poll asks a part of the servers only: it may find nothing, or not all (Developer Guide, "Short and long polling"). */
  readonly sampling: boolean;
  /** The share of deliveries after which the message stays visible, or of deletes that are undone once: at least once means this. */
  readonly repeatShare: number;
  readonly retentionMs: number;
}
