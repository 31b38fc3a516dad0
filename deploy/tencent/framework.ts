import type { TencentProvider, TencentFunction } from './service.js';

/** A JSON Schema, as the framework's validator takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A function as the framework hands it on: named after service and stage, its zip beside it once it is bundled. */
export type DeployedFunction = TencentFunction & {
  readonly name: string;
  readonly package?: { readonly artifact: string };
};

/** What the provider uses of the Serverless Framework's plugin interface; the same in osls 3.77 and 4.3. */
export interface TencentFramework {
  /** The folder of `serverless.ts`. */
  readonly serviceDir: string;
  readonly service: {
    readonly service: string;
    readonly provider: TencentProvider;
    readonly functions: Readonly<Record<string, DeployedFunction>>;
  };
  readonly processedInput: { readonly commands: readonly string[] };
  readonly configSchemaHandler: {
    defineProvider(
      name: string,
      schemas: {
        readonly provider: JsonSchema;
        readonly function: JsonSchema;
        readonly functionEvents: Readonly<Record<string, JsonSchema>>;
      },
    ): void;
  };
  /** Errors of this class are printed without a stack. */
  readonly classes: { readonly Error: new (message: string, code?: string) => Error };
  setProvider(name: string, provider: object): void;
}

/** The command line's options that we read. */
export interface TencentOptions {
  readonly function?: string;
  readonly data?: string;
  readonly path?: string;
}

/** What plugins say with: `notice` to standard error, `writeText` to standard output. */
export interface TencentUtils {
  readonly log: { notice(message: string): void };
  readonly writeText: (text: string) => void;
}
