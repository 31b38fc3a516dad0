import type { QueueKind } from '../cloud/messages.js';

/** A contestant of the throughput pairs. */
export interface ContestantKind {
  readonly name: string;
  readonly entry: string;
  readonly queue: QueueKind | 'none';
  /** What it is, in a table. */
  readonly label: string;
}

/** All that are compared. */
export const CONTESTANTS = [
  { name: 'docjob', entry: 'bench/contestants/docjob.ts', queue: 'sqs', label: 'docjob' },
  { name: 'peer', entry: 'bench/contestants/peer.ts', queue: 'sqs', label: 'official SDK + sqs-consumer' },
  {
    name: 'floor-with-queue',
    entry: 'bench/contestants/floor-with-queue.ts',
    queue: 'sqs',
    label: 'floor, with bare SQS calls',
  },
  {
    name: 'docjob-without-queue',
    entry: 'bench/contestants/docjob-without-queue.ts',
    queue: 'none',
    label: 'docjob, jobs told directly',
  },
  { name: 'floor', entry: 'bench/contestants/floor.ts', queue: 'none', label: 'floor, without a queue' },
] as const satisfies readonly ContestantKind[];

/** The contestants' names. */
export type ContestantName = (typeof CONTESTANTS)[number]['name'];
