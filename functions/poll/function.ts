/** How the poll function is deployed: data, which `functions/poll/handler.ts` is the code for. */
export const poll = {
  name: 'poll',
  /** How often it runs, which bounds how stale a manifest can be. */
  everyMinutes: 1,
  /** One tick: a run that ends before the next begins needs no lock against it. */
  timeoutSeconds: 60,
  /** Sixteen answers of 5,000 pages at a time were measured to need up to 250 MB. */
  memoryMb: 512,
} as const;
