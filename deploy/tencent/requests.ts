import { createHash } from 'node:crypto';
import type {
  CreateFunctionRequest,
  CreateTriggerRequest,
  PutReservedConcurrencyConfigRequest,
  UpdateFunctionCodeRequest,
  UpdateFunctionConfigurationRequest,
  UpdateFunctionEventInvokeConfigRequest,
  UpdateTriggerRequest,
} from 'tencentcloud-sdk-nodejs-scf/tencentcloud/services/scf/v20180416/scf_models.js';
import type { DeployedFunction } from './framework.js';
import type { TencentEvent, TencentProvider } from './service.js';

/** A call of Tencent Cloud's API 3.0. A zip in its parameters stands there as a {@link CodeFile}. */
export interface ApiRequest {
  readonly product: 'scf' | 'tdmq' | 'monitor';
  readonly action: string;
  readonly version: string;
  readonly region: string;
  readonly parameters: object;
}

/** A zip that is sent as base64, named rather than quoted. */
export interface CodeFile {
  readonly base64Of: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A trigger as it should be. */
export interface TriggerPlan {
  readonly type: 'timer' | 'cos' | 'http';
  readonly name: string;
  readonly description: string;
  readonly create: ApiRequest;
  /** Absent where the API knows none: a COS trigger is deleted and made anew (UpdateTrigger: timer, ckafka and http only). */
  readonly update?: ApiRequest;
}

/** A limit, and how it is told. */
export interface LimitPlan {
  readonly request: ApiRequest;
  readonly said: string;
}

/** Everything that is sent for one function, in the order in which it is sent. */
export interface FunctionPlan {
  /** As in `serverless.ts`. */
  readonly key: string;
  /** As in SCF. */
  readonly functionName: string;
  readonly timeoutSeconds: number;
  readonly code: CodeFile;
  readonly create: ApiRequest;
  readonly updateCode: ApiRequest;
  readonly updateConfiguration: ApiRequest;
  /** What must hold before a trigger fires. */
  readonly limits: readonly LimitPlan[];
  readonly triggers: readonly TriggerPlan[];
}

/** All functions are in SCF's own namespace. */
export const NAMESPACE = 'default';

/** A request to SCF. */
export function scfRequest(region: string, action: string, parameters: object): ApiRequest {
  return { product: 'scf', action, version: '2018-04-16', region, parameters };
}

/** A request's parameters with the zip's place held by a reference to it. */
type WithCodeFile<T> = Omit<T, 'Code' | 'ZipFile'> & {
  readonly Code?: { readonly ZipFile: CodeFile };
  readonly ZipFile?: CodeFile;
};

/** A zip's reference in requests; `path` is relative to the service's folder. */
export function codeFile(path: string, bytes: Uint8Array): CodeFile {
  return { base64Of: path, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}

/** The plan for one function. The code's digest stands in the description, which is where `info` reads it. */
export function planFunction(
  key: string,
  definition: DeployedFunction,
  provider: TencentProvider,
  code: CodeFile,
): FunctionPlan {
  const { name: functionName, handler } = definition;
  const scf = (action: string, parameters: object): ApiRequest =>
    scfRequest(provider.region, action, parameters);
  const of = { FunctionName: functionName, Namespace: NAMESPACE };
  const configuration = {
    Description: `${definition.description}. Code sha256 ${code.sha256}`,
    MemorySize: definition.memorySize,
    Timeout: definition.timeout,
    Environment: {
      Variables: Object.entries({ ...provider.environment, ...definition.environment }).map(
        ([Key, Value]) => ({ Key, Value }),
      ),
    },
    Role: definition.role,
    ...(provider.vpc === undefined
      ? {}
      : { VpcConfig: { VpcId: provider.vpc.vpcId, SubnetId: provider.vpc.subnetId } }),
    ...(provider.logs === undefined
      ? {}
      : { ClsLogsetId: provider.logs.logsetId, ClsTopicId: provider.logs.topicId }),
  } satisfies Partial<CreateFunctionRequest>;
  return {
    key,
    functionName,
    timeoutSeconds: definition.timeout,
    code,
    create: scf('CreateFunction', {
      ...of,
      ...configuration,
      Handler: handler,
      Runtime: provider.runtime,
      Type: 'Event',
      CodeSource: 'ZipFile',
      Code: { ZipFile: code },
      InstallDependency: 'FALSE',
    } satisfies WithCodeFile<CreateFunctionRequest>),
    updateCode: scf('UpdateFunctionCode', {
      ...of,
      Handler: handler,
      CodeSource: 'ZipFile',
      ZipFile: code,
      InstallDependency: 'FALSE',
    } satisfies WithCodeFile<UpdateFunctionCodeRequest>),
    updateConfiguration: scf('UpdateFunctionConfiguration', {
      ...of,
      ...configuration,
    } satisfies UpdateFunctionConfigurationRequest),
    limits: limitsOf(definition, of, scf),
    triggers: definition.events.map((event) => planTrigger(event, of, provider.region)),
  };
}

function limitsOf(
  { asynchronous, maximumInstances, memorySize }: DeployedFunction,
  of: { readonly FunctionName: string; readonly Namespace: string },
  scf: (action: string, parameters: object) => ApiRequest,
): readonly LimitPlan[] {
  const limits: LimitPlan[] = [];
  if (asynchronous !== undefined) {
    const { retries, maximumAgeSeconds } = asynchronous;
    limits.push({
      request: scf('UpdateFunctionEventInvokeConfig', {
        ...of,
        AsyncTriggerConfig: { RetryConfig: [{ RetryNum: retries }], MsgTTL: maximumAgeSeconds },
      } satisfies UpdateFunctionEventInvokeConfigRequest),
      said: `a call that failed is repeated ${retries} times, one that waits is dropped after ${maximumAgeSeconds} seconds`,
    });
  }
  if (maximumInstances !== undefined) {
    limits.push({
      // In MB: the memory of one run is room for one run (SCF, product 583, page 51585).
      request: scf('PutReservedConcurrencyConfig', {
        ...of,
        ReservedConcurrencyMem: memorySize * maximumInstances,
      } satisfies PutReservedConcurrencyConfigRequest),
      said: `room for ${maximumInstances} run${maximumInstances === 1 ? '' : 's'} at a time`,
    });
  }
  return limits;
}

function planTrigger(
  event: TencentEvent,
  of: { readonly FunctionName: string; readonly Namespace: string },
  region: string,
): TriggerPlan {
  const { type, name, description, message } = triggerOf(event, region);
  const parameters = {
    ...of,
    TriggerName: name,
    Type: type,
    TriggerDesc: description,
    Enable: 'OPEN',
    ...(message === undefined ? {} : { CustomArgument: message }),
  } satisfies CreateTriggerRequest & UpdateTriggerRequest;
  const create = scfRequest(region, 'CreateTrigger', parameters);
  if (type === 'cos') return { type, name, description, create };
  return { type, name, description, create, update: scfRequest(region, 'UpdateTrigger', parameters) };
}

function triggerOf(
  event: TencentEvent,
  region: string,
): Pick<TriggerPlan, 'type' | 'name' | 'description'> & { readonly message?: string } {
  if ('timer' in event) {
    const { name, cron, message } = event.timer;
    return { type: 'timer', name, description: cron, ...(message === undefined ? {} : { message }) };
  }
  if ('url' in event) {
    const description = JSON.stringify({
      AuthType: 'NONE',
      NetConfig: { EnableIntranet: false, EnableExtranet: true },
    });
    return { type: 'http', name: event.url.name, description };
  }
  const { bucket, event: kind, prefix, suffix = '' } = event.cos;
  // The name is the bucket's own domain, and its region the function's (SCF API, CreateTrigger; product 583, page 9707).
  const name = `${bucket}.cos.${region}.myqcloud.com`;
  return {
    type: 'cos',
    name,
    description: JSON.stringify({ event: kind, filter: { Prefix: prefix, Suffix: suffix } }),
  };
}
