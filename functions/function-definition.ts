/** What makes the platform call a function. */
export type FunctionTrigger =
  /** A schedule. */
  | { readonly kind: 'timer'; readonly everyMinutes: number }
  /** Somebody's call, or an event that the deployment wires to it. */
  | BoundedCalls<'call'>
  /** An HTTP request to the function's own URL. */
  | BoundedCalls<'url'>;

/** Calls that come as they like, and are held to a number at a time: a timer's runs are to `MAX_CONCURRENT_RUNS`. */
interface BoundedCalls<K extends 'call' | 'url'> {
  readonly kind: K;
  /** Calls at a time, over which `REQUESTS_PER_SECOND` is shared out. What comes beyond them takes no concurrency from other functions. */
  readonly maxConcurrentCalls: number;
}

/** How a function is deployed: data, the same for both clouds. `functions/<name>/handler.ts` is the code for it. */
export interface FunctionDefinition {
  /** The folder's name, and what the deployed function is called after its service and stage. */
  readonly name: string;
  /** One line for the clouds' consoles. */
  readonly description: string;
  readonly trigger: FunctionTrigger;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
}
