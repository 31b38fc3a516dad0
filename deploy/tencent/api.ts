import http from 'node:http';
import { connect } from 'node:net';
import { CommonClient } from 'tencentcloud-sdk-nodejs-common/tencentcloud/common/common_client.js';
import { Client as ScfClient } from 'tencentcloud-sdk-nodejs-scf/tencentcloud/services/scf/v20180416/scf_client.js';
import * as v from 'valibot';
import type { SigningCredentials } from '../../lib/cos-signer/index.js';
import { DeployError } from './deploy-error.js';
import type { ApiRequest } from './requests.js';

/** Sends requests to Tencent Cloud's API 3.0. */
export interface Api {
  /**
   * @returns the answer's `Response`, with its `RequestId`
   * @throws DeployError naming the action, the service's code and request ID, and what to do; its `code` is the service's.
   */
  call(request: ApiRequest): Promise<unknown>;
}

/** What is known of an error that the SDK throws; `code` is missing when no answer of the service came. */
const SdkError = v.object({
  message: v.string(),
  code: v.optional(v.string()),
  requestId: v.optional(v.string()),
});

/**
 * The API through Tencent's own SDK, which signs with TC3-HMAC-SHA256.
 *
 * @param options.endpoint connect there instead, the service's name staying in the `Host` header: for tests. Plain HTTP only. The SDK takes the name
 * of the service that it signs for from the host name, so the host name must stay.
 * @param options.timeoutSeconds how long one call may take
 */
export function openApi(options: {
  readonly credentials: SigningCredentials;
  readonly endpoint?: URL | undefined;
  readonly timeoutSeconds?: number;
}): Api {
  const { credentials, endpoint, timeoutSeconds = 60 } = options;
  const httpProfile = {
    reqTimeout: timeoutSeconds,
    ...(endpoint === undefined ? {} : { protocol: 'http://', agent: agentFor(endpoint) }),
  };
  return {
    call: async ({ product, version, region, action, parameters }) => {
      const config = { credential: credentials, region, profile: { httpProfile } };
      const client =
        product === 'scf'
          ? new ScfClient(config)
          : new CommonClient(`${product}.tencentcloudapi.com`, version, config);
      try {
        // The SDK's `any`: what it really is, each caller checks.
        return (await client.request(action, parameters)) as unknown;
      } catch (error) {
        throw failed(action, parameters, error);
      }
    },
  };
}

function agentFor(endpoint: URL): http.Agent {
  const agent = new http.Agent();
  agent.createConnection = () => connect(Number(endpoint.port), endpoint.hostname);
  return agent;
}

function failed(action: string, parameters: object, error: unknown): DeployError {
  const said = v.safeParse(SdkError, error);
  const { message, code, requestId } = said.success
    ? said.output
    : { message: 'not an error', code: undefined, requestId: undefined };
  const subject = 'FunctionName' in parameters ? ` of ${String(parameters.FunctionName)}` : '';
  const id = requestId === undefined || requestId === '' ? '' : ` (request ID ${requestId})`;
  const what = code === undefined ? `had no answer: ${message}` : `was refused with ${code}: ${message}`;
  return new DeployError(code ?? 'no-answer', `${action}${subject} ${what}${id}\n${remedyFor(code)}`, {
    disposition: code === undefined ? 'transient' : 'configuration',
    ...(id === '' ? {} : { requestId: requestId ?? '' }),
    cause: error,
  });
}

/** What to do about an error of the service, by the family of its code (API 3.0, "Common error codes"; SCF, "Error codes"). */
function remedyFor(code: string | undefined): string {
  const again = 'Deploying again continues where this stopped.';
  if (code === undefined) return `Check the network. ${again}`;
  if (code.startsWith('AuthFailure')) {
    return 'The key pair is not accepted: check TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and TENCENTCLOUD_TOKEN.';
  }
  if (code.startsWith('UnauthorizedOperation')) {
    return 'The key pair may not do this: give its user the policy .serverless/policies/deployer.json (docs/deploy-tencent.md, "The roles").';
  }
  if (code.endsWith('.Role')) {
    return 'The execution role is not there or may not be used: make it as docs/deploy-tencent.md says under "The roles".';
  }
  if (/^(?:Resource)?LimitExceeded/.test(code))
    return `A quota of the account is reached: raise it in the console. ${again}`;
  if (code.startsWith('RequestLimitExceeded')) return `Too many calls at once. ${again}`;
  return again;
}

/** An answer of the API, read as `schema` says. Throws DeployError when it is not that. */
export function readAnswer<T>(action: string, schema: v.GenericSchema<unknown, T>, answer: unknown): T {
  const parsed = v.safeParse(schema, answer);
  if (parsed.success) return parsed.output;
  throw new DeployError(
    'undecodable-answer',
    `the answer to ${action} cannot be read: ${v.summarize(parsed.issues)}`,
    {
      disposition: 'transient',
    },
  );
}
