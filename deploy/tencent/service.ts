/** An SCF timer. It calls asynchronously, with `message` in the event (SCF, product 583, page 9708). */
export interface TimerEvent {
  readonly timer: {
    /** Letters, digits, hyphens and underscores; unique in the function. */
    readonly name: string;
    /** Seven fields: see `cron.ts`. Which time zone it means is not documented; secondary sources say UTC+8. */
    readonly cron: string;
    /** What the event carries as `Message`, at most 4 KB. */
    readonly message?: string;
  };
}

/** Objects created in a bucket of the function's own region (SCF, product 583, page 9707). */
export interface CosEvent {
  readonly cos: {
    /** With its APPID. */
    readonly bucket: string;
    readonly event: string;
    readonly prefix: string;
    readonly suffix?: string;
  };
}

/** The function's own URL (SCF, product 583, page 100227), open to the Internet: the function itself checks who calls. */
export interface UrlEvent {
  readonly url: {
    readonly name: string;
  };
}

export type TencentEvent = TimerEvent | CosEvent | UrlEvent;

/** A function in `serverless.ts`. */
export interface TencentFunction {
  /** `<file>.<function>`: `index.main_handler`. */
  readonly handler: string;
  /** Letters, digits, spaces, commas and full stops only (SCF API, CreateFunction). */
  readonly description: string;
  /** In MB: 64, or a multiple of 128. */
  readonly memorySize: number;
  /** In seconds. */
  readonly timeout: number;
  /** The CAM role whose temporary keys the function gets. */
  readonly role: string;
  /** In this function only. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How many runs there may be at a time. Not set: as many as the account's quota allows. */
  readonly maximumInstances?: number;
  /** What becomes of asynchronous calls that fail or find no free instance. Not set: SCF's own rules (SCF, product 583, page 39851: two retries). */
  readonly asynchronous?: {
    /** Of calls that the function failed. */
    readonly retries: 0 | 1 | 2;
    /** How long a call waits at most, in seconds. */
    readonly maximumAgeSeconds: number;
  };
  readonly events: readonly TencentEvent[];
}

/** What all functions share. */
export interface TencentProvider {
  readonly name: 'tencent';
  readonly stage: string;
  readonly region: string;
  /** Such as `Nodejs20.19`. Cannot be changed on a function that exists (SCF API, UpdateFunctionConfiguration). */
  readonly runtime: string;
  /** The run-time variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly vpc?: { readonly vpcId: string; readonly subnetId: string };
  /** Where the logs go in CLS. Not set: SCF's default topic. */
  readonly logs?: { readonly logsetId: string; readonly topicId: string };
  /** The notice templates that alarms go to. Not set: the account's preset one. */
  readonly alarmNoticeIds?: readonly string[];
}

/** The whole of `serverless.ts` for Tencent Cloud, as `schema.ts` checks it. */
export interface TencentService {
  readonly service: string;
  readonly frameworkVersion: '4';
  readonly configValidationMode: 'error';
  readonly plugins: readonly string[];
  readonly provider: TencentProvider;
  readonly functions: Readonly<Record<string, TencentFunction>>;
}
