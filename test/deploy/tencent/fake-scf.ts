import * as v from 'valibot';
import { ApiRefusal, checked } from './refusal.js';
import {
  CreateFunction,
  CreateTrigger,
  DeleteTrigger,
  Invoke,
  ListTriggers,
  OfFunction,
  PutReservedConcurrencyConfig,
  UpdateFunctionCode,
  UpdateFunctionConfiguration,
  UpdateFunctionEventInvokeConfig,
  UpdateTrigger,
} from './scf-parameters.js';

/** A trigger, as it was last set. */
export type FakeTrigger = v.InferOutput<typeof CreateTrigger>;

/** A function, as it was last set. */
export interface FakeFunction {
  configuration: Omit<v.InferOutput<typeof CreateFunction>, 'Code'>;
  /** Base64. */
  zip: string;
  status: string;
  reason: string;
  /** What becomes of `status`, and after how many more questions. */
  pending: { readonly status: string; readonly reason: string; questions: number } | undefined;
  triggers: FakeTrigger[];
  asynchronous: { readonly retries: number; readonly ttlSeconds: number } | undefined;
  reservedMb: number | undefined;
}

/** What a call of a function returns, for the test to say. */
export interface FakeResult {
  readonly RetMsg: string;
  readonly ErrMsg?: string;
  readonly Log?: string;
}

/** Actions that a function takes in any state: questions, and deleting one that failed. */
const ALWAYS = new Set(['GetFunction', 'ListTriggers']);

/** SCF's control plane: functions with their states, triggers and limits (SCF API 2018-04-16; states: product 583, page 115197). */
export class FakeScf {
  readonly functions = new Map<string, FakeFunction>();
  /** How many questions see a passing state before it comes to rest. */
  questionsInPassing = 1;
  /** The states that the next changes come to, in place of `Active`. */
  readonly endings: { readonly status: string; readonly reason: string }[] = [];
  result: FakeResult = { RetMsg: '{}' };
  /** The events of the calls so far. */
  readonly invocations: string[] = [];

  call(action: string, parameters: unknown): object {
    if (action === 'CreateFunction') return this.#create(parameters);
    const { FunctionName: name } = checked(v.looseObject(OfFunction), parameters);
    const fn = this.functions.get(name);
    if (fn === undefined)
      throw new ApiRefusal('ResourceNotFound.FunctionName', `The function ${name} does not exist.`);
    const isTakenAnyhow = ALWAYS.has(action) || (action === 'DeleteFunction' && fn.pending === undefined);
    if (fn.status !== 'Active' && fn.status !== 'UpdateFailed' && !isTakenAnyhow)
      throw new ApiRefusal('FailedOperation.FunctionStatusError', `The function is ${fn.status}.`);
    return this.#callOf(action, parameters, name, fn);
  }

  #callOf(action: string, parameters: unknown, name: string, fn: FakeFunction): object {
    switch (action) {
      case 'GetFunction':
        checked(v.strictObject(OfFunction), parameters);
        return this.#describe(name, fn);
      case 'UpdateFunctionCode': {
        const { ZipFile, Handler } = checked(UpdateFunctionCode, parameters);
        fn.zip = ZipFile;
        fn.configuration = { ...fn.configuration, Handler };
        this.#pass(fn, 'Updating', 'Active');
        return {};
      }
      case 'UpdateFunctionConfiguration':
        fn.configuration = { ...fn.configuration, ...checked(UpdateFunctionConfiguration, parameters) };
        this.#pass(fn, 'Updating', 'Active');
        return {};
      case 'UpdateFunctionEventInvokeConfig': {
        const { AsyncTriggerConfig: config } = checked(UpdateFunctionEventInvokeConfig, parameters);
        fn.asynchronous = { retries: config.RetryConfig[0].RetryNum, ttlSeconds: config.MsgTTL };
        return {};
      }
      case 'PutReservedConcurrencyConfig': {
        const { ReservedConcurrencyMem: mb } = checked(PutReservedConcurrencyConfig, parameters);
        if (mb % fn.configuration.MemorySize !== 0)
          throw new ApiRefusal('InvalidParameterValue', 'No multiple of the memory.');
        fn.reservedMb = mb;
        return {};
      }
      case 'Invoke':
        this.invocations.push(checked(Invoke, parameters).ClientContext);
        return {
          Result: {
            ErrMsg: '',
            Log: '',
            ...this.result,
            FunctionRequestId: `run-${this.invocations.length}`,
            Duration: 12.5,
            MemUsage: 1_000,
            InvokeResult: this.result.ErrMsg === undefined ? 0 : -1,
          },
        };
      case 'DeleteFunction':
        checked(v.strictObject(OfFunction), parameters);
        this.#pass(fn, 'Deleting', 'gone');
        return {};
      default:
        return callOfTriggers(action, parameters, fn);
    }
  }

  #create(parameters: unknown): object {
    const { Code, ...configuration } = checked(CreateFunction, parameters);
    const name = configuration.FunctionName;
    if (this.functions.has(name))
      throw new ApiRefusal('ResourceInUse.FunctionName', `The function ${name} exists already.`);
    const fn: FakeFunction = {
      configuration,
      zip: Code.ZipFile,
      status: '',
      reason: '',
      pending: undefined,
      triggers: [],
      asynchronous: undefined,
      reservedMb: undefined,
    };
    this.functions.set(name, fn);
    this.#pass(fn, 'Creating', 'Active');
    return {};
  }

  #pass(fn: FakeFunction, status: string, next: string): void {
    fn.status = status;
    fn.reason = '';
    const ending = next === 'gone' ? undefined : this.endings.shift();
    fn.pending = { status: next, reason: '', ...ending, questions: this.questionsInPassing };
  }

  #describe(name: string, fn: FakeFunction): object {
    if (fn.pending !== undefined) {
      if (fn.pending.questions > 0) fn.pending.questions -= 1;
      else if (fn.pending.status === 'gone') {
        this.functions.delete(name);
        throw new ApiRefusal('ResourceNotFound.FunctionName', `The function ${name} does not exist.`);
      } else {
        ({ status: fn.status, reason: fn.reason } = fn.pending);
        fn.pending = undefined;
      }
    }
    return {
      FunctionName: name,
      Status: fn.status,
      StatusDesc: fn.reason,
      StatusReasons: null,
      Description: fn.configuration.Description,
      Runtime: fn.configuration.Runtime,
      ModTime: '2026-11-25 10:00:00',
      Triggers: [],
    };
  }
}

function callOfTriggers(action: string, parameters: unknown, fn: FakeFunction): object {
  const find = (type: string, name: string): FakeTrigger | undefined =>
    fn.triggers.find(({ Type, TriggerName }) => Type === type && TriggerName === name);
  switch (action) {
    case 'ListTriggers': {
      const { Offset, Limit } = checked(ListTriggers, parameters);
      const Triggers = fn.triggers.map((trigger) => ({
        ...trigger,
        // As the service answers: the expression of a timer comes back in an object.
        TriggerDesc:
          trigger.Type === 'timer' ? JSON.stringify({ cron: trigger.TriggerDesc }) : trigger.TriggerDesc,
        Enable: trigger.Enable === 'OPEN' ? 1 : 0,
      }));
      return { TotalCount: Triggers.length, Triggers: Triggers.slice(Offset, Offset + Limit) };
    }
    case 'CreateTrigger': {
      const trigger = checked(CreateTrigger, parameters);
      if (find(trigger.Type, trigger.TriggerName) !== undefined)
        throw new ApiRefusal('ResourceInUse.Trigger', 'The trigger exists already.');
      checkTrigger(trigger);
      fn.triggers.push(trigger);
      return {};
    }
    case 'UpdateTrigger': {
      const trigger = checked(UpdateTrigger, parameters);
      const existing = find(trigger.Type, trigger.TriggerName);
      if (existing === undefined)
        throw new ApiRefusal('ResourceNotFound.Trigger', 'The trigger does not exist.');
      checkTrigger(trigger);
      fn.triggers = fn.triggers.map((other) => (other === existing ? { ...existing, ...trigger } : other));
      return {};
    }
    case 'DeleteTrigger': {
      const { Type, TriggerName, TriggerDesc } = checked(DeleteTrigger, parameters);
      const existing = find(Type, TriggerName);
      if (existing === undefined)
        throw new ApiRefusal('ResourceNotFound.Trigger', 'The trigger does not exist.');
      if (Type === 'cos' && TriggerDesc !== existing.TriggerDesc)
        throw new ApiRefusal(
          'InvalidParameterValue.TriggerDesc',
          'A COS trigger is named with its description.',
        );
      fn.triggers = fn.triggers.filter((other) => other !== existing);
      return {};
    }
    default:
      throw new ApiRefusal('InvalidAction', `The action ${action} is not known.`);
  }
}

const CosDescription = v.strictObject({
  event: v.pipe(v.string(), v.startsWith('cos:Object')),
  filter: v.strictObject({ Prefix: v.string(), Suffix: v.string() }),
});

const UrlDescription = v.strictObject({
  AuthType: v.picklist(['NONE', 'CAM']),
  NetConfig: v.strictObject({ EnableIntranet: v.boolean(), EnableExtranet: v.boolean() }),
});

function checkTrigger({
  Type,
  TriggerName,
  TriggerDesc,
}: Pick<FakeTrigger, 'Type' | 'TriggerName' | 'TriggerDesc'>): void {
  if (Type === 'timer') {
    // Seven fields; which values each takes is cron.test.ts's business.
    if (!/^[\w*?,/#-]+(?: [\w*?,/#-]+){6}$/.test(TriggerDesc))
      throw new ApiRefusal('InvalidParameterValue.TriggerDesc', 'This is no cron expression.');
  } else if (Type === 'cos') {
    checked(CosDescription, JSON.parse(TriggerDesc));
    if (!/^[a-z0-9-]+-\d+\.cos\.[a-z0-9-]+\.myqcloud\.com$/.test(TriggerName))
      throw new ApiRefusal('InvalidParameterValue.TriggerName', "Must be the bucket's domain.");
  } else checked(UrlDescription, JSON.parse(TriggerDesc));
}
