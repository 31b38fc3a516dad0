/** What we use of the Serverless Framework's plugin interface; the same in osls 3.77 and 4.3. */
export interface Framework {
  /** The folder of `serverless.ts`. */
  readonly serviceDir: string;
  readonly service: {
    readonly functions: Readonly<Record<string, { package?: { readonly artifact: string } }>>;
    readonly package: { individually?: boolean };
    readonly provider: { readonly stage: string };
  };
}

/** What stood on the command line. */
export interface Options {
  readonly stage?: string;
}

/** What a plugin does at which moment of a command. */
export type Hooks = Readonly<Record<string, () => Promise<void>>>;

/** What plugins say with. */
export interface PluginUtils {
  readonly log: { notice(message: string): void };
}
