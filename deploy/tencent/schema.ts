import type { JsonSchema } from './framework.js';

/** An object with these fields and no other; those that end in `?` may be absent. */
function strictObject(fields: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const entries = Object.entries(fields).map(([name, schema]) => ({
    name: name.replace(/\?$/, ''),
    schema,
    isRequired: !name.endsWith('?'),
  }));
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(({ name, schema }) => [name, schema])),
    required: entries.filter(({ isRequired }) => isRequired).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** Without the prefixes that SCF keeps to itself (SCF documentation, "Environment variables"). */
const VARIABLE_NAME = '^(?!SCF_|QCLOUD_|TENCENTCLOUD_)[A-Za-z][A-Za-z0-9_]*$';

const environment: JsonSchema = {
  type: 'object',
  patternProperties: { [VARIABLE_NAME]: { type: 'string', minLength: 1 } },
  additionalProperties: false,
};

const name: JsonSchema = { type: 'string', pattern: '^[A-Za-z0-9_-]{1,100}$' };

/** A CAM role's name (CAM API, CreateRole: letters, digits and `+=,.@_-`, at most 128). */
const role: JsonSchema = { type: 'string', pattern: '^[A-Za-z0-9+=,.@_-]{1,128}$' };

/** Seven fields: that each is right is checked by `cron.ts`, for which JSON Schema has no words. */
const cron: JsonSchema = { type: 'string', pattern: '^\\S+( \\S+){6}$' };

/** The events of a function. */
const functionEvents: Readonly<Record<string, JsonSchema>> = {
  timer: strictObject({ name, cron, 'message?': { type: 'string', maxLength: 4096 } }),
  cos: strictObject({
    bucket: { type: 'string', pattern: '^[a-z0-9-]+-[0-9]{5,15}$' },
    event: { type: 'string', pattern: '^cos:Object(Created|Remove|Restore):([A-Za-z]+|\\*)$' },
    // Empty would be every object, its own outputs among them.
    prefix: { type: 'string', minLength: 1 },
    'suffix?': { type: 'string', minLength: 1 },
  }),
  url: strictObject({ name }),
};

/**
 * The JSON Schema of `serverless.ts` for Tencent Cloud: the limits of the SCF API (CreateFunction; "Quota limits", product 583, page 11637), and no
 * unknown key.
 */
export const SCHEMA = {
  provider: strictObject({
    stage: { type: 'string', pattern: '^[a-zA-Z0-9-]{1,20}$' },
    region: { type: 'string', pattern: '^[a-z]{2,10}(-[a-z0-9]{1,20}){1,3}$' },
    runtime: { type: 'string', pattern: '^Nodejs[0-9]+\\.[0-9]+$' },
    environment,
    'vpc?': strictObject({
      vpcId: { type: 'string', pattern: '^vpc-[a-z0-9]+$' },
      subnetId: { type: 'string', pattern: '^subnet-[a-z0-9]+$' },
    }),
    'logs?': strictObject({
      logsetId: { type: 'string', minLength: 1 },
      topicId: { type: 'string', minLength: 1 },
    }),
    'alarmNoticeIds?': {
      type: 'array',
      items: { type: 'string', pattern: '^notice-[a-z0-9]+$' },
      uniqueItems: true,
    },
  }),
  function: strictObject({
    handler: {
      type: 'string',
      pattern: '^[A-Za-z][A-Za-z0-9_-]{0,58}[A-Za-z]\\.[A-Za-z][A-Za-z0-9_-]{0,58}[A-Za-z]$',
    },
    // 68 of the 1,000 characters are for the code's digest.
    description: { type: 'string', pattern: '^[A-Za-z0-9 ,.\\n]{1,900}$' },
    memorySize: { enum: [64, ...Array.from({ length: 24 }, (_, index) => 128 * (index + 1))] },
    timeout: { type: 'integer', minimum: 1, maximum: 900 },
    role,
    'environment?': environment,
    'maximumInstances?': { type: 'integer', minimum: 1, maximum: 1_000 },
    'asynchronous?': strictObject({
      retries: { enum: [0, 1, 2] },
      // No document gives the bounds of MsgTTL: our least tick, and how long SCF itself repeats calls (product 583, page 39851).
      maximumAgeSeconds: { type: 'integer', minimum: 60, maximum: 86_400 },
    }),
  }),
  functionEvents,
} as const;
