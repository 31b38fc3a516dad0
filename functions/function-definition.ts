/** What makes the platform call a function. */
export type FunctionTrigger =
  /** A schedule. */
  | { readonly kind: 'timer'; readonly everyMinutes: number }
  /** Somebody's call, or an event that the deployment wires to it. */
  | { readonly kind: 'call' }
  /** An HTTP request to the function's own URL. */
  | { readonly kind: 'url' };

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
