import { parseBucketName, parseRegion } from '../lib/domain/names.js';
import type { CloudControl } from './control.js';
import type { FaultRule } from './faults/fault.js';
import type { Answer } from './wire/answer.js';
import { valueOf, type CloudRequest } from './wire/request.js';

/** An administrative request that cannot be done, and why. */
class BadAdminRequest extends Error {
  override readonly name = 'BadAdminRequest';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const BUCKET_PATH = /^\/_cloud\/buckets\/([^/]+)$/;

/** The administration over HTTP, at the cloud's own address: unsigned, in JSON. */
export async function answerAdmin(control: CloudControl, request: CloudRequest): Promise<Answer> {
  try {
    return await answer(control, request);
  } catch (error) {
    const status = error instanceof BadAdminRequest ? error.status : 400;
    return json(status, { error: error instanceof Error ? error.message : String(error) });
  }
}

async function answer(control: CloudControl, { method, path, query, body }: CloudRequest): Promise<Answer> {
  const bucket = BUCKET_PATH.exec(path)?.[1];
  if (method === 'PUT' && bucket !== undefined) {
    const name = parseBucketName(bucket);
    const region = parseRegion(valueOf(query, 'region') ?? '');
    if (name === undefined) throw new BadAdminRequest(400, `"${bucket}" is not a bucket name with an APPID.`);
    if (region === undefined) throw new BadAdminRequest(400, 'The parameter region must be a region.');
    await control.createBucket(name, region);
    return json(200, { bucket: name, region });
  }
  switch (`${method} ${path}`) {
    case 'GET /_cloud/health':
      return json(200, { ok: true });
    case 'GET /_cloud/requests':
      return json(200, control.statistics.counts);
    case 'POST /_cloud/faults': {
      const rules = parseRules(body);
      for (const rule of rules) control.faults.add(rule);
      return json(201, { added: rules.length });
    }
    case 'DELETE /_cloud/faults':
      control.faults.clear();
      return json(200, {});
    default:
      throw new BadAdminRequest(404, `There is no ${method} ${path} here.`);
  }
}

/** One rule or a list of them; each is checked when it is added. */
function parseRules(body: Buffer): readonly FaultRule[] {
  const rules: unknown = JSON.parse(body.toString('utf8'));
  return (Array.isArray(rules) ? rules : [rules]) as readonly FaultRule[]; // checked by the rules' own schema
}

function json(status: number, content: object): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(`${JSON.stringify(content)}\n`),
  };
}
