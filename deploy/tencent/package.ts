import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeployError } from './deploy-error.js';
import { withoutSecrets } from './environment.js';
import type { TencentFramework } from './framework.js';
import { deployerPolicy, rolePolicies, TRUST_POLICY, type PolicySubject } from './policies.js';
import type { Policy } from './policy.js';
import { parseQueueUrl } from '../../lib/queue/open-queue.js';
import { createCmqQueue } from './cmq-api.js';
import { codeFile, planFunction, type ApiRequest, type FunctionPlan } from './requests.js';

/** Where everything that is made stands, beside the zips. */
const FOLDER = '.serverless';

/** The requests that a first deployment sends, in its order. */
const REQUESTS_FILE = 'tencent-requests.json';

/** UpdateFunctionCode takes a zip of 20 MB in base64; CreateFunction says 50. The smaller counts. */
const MAX_ZIP_BYTES = 20 * 1_024 * 1_024;

/** The plan of every function, from its zip. Throws DeployError when a function has no zip or too large a one. */
export async function planService(framework: TencentFramework): Promise<readonly FunctionPlan[]> {
  const { service, serviceDir } = framework;
  const plans: FunctionPlan[] = [];
  for (const [key, definition] of Object.entries(service.functions)) {
    const artifact = definition.package?.artifact;
    if (artifact === undefined) throw new DeployError('no-zip', `the function ${key} was not packaged`);
    const bytes = await readFile(join(serviceDir, artifact));
    if (bytes.length > MAX_ZIP_BYTES) {
      throw new DeployError(
        'zip-too-large',
        `${artifact} has ${bytes.length} bytes, but SCF takes ${MAX_ZIP_BYTES} inline`,
      );
    }
    plans.push(planFunction(key, definition, service.provider, codeFile(artifact, bytes)));
  }
  return plans;
}

/**
 * Writes the requests and the policies into `.serverless/`, and says what there is. Needs no network and no credentials.
 *
 * @param isShown whether the policies are printed too
 */
export async function writePackage(
  framework: TencentFramework,
  plans: readonly FunctionPlan[],
  isShown: boolean,
  say: (line: string) => void,
): Promise<void> {
  const folder = join(framework.serviceDir, FOLDER);
  const requests = requestsInOrder(framework, plans).map((request) => ({
    ...request,
    parameters: withoutSecrets(request.parameters),
  }));
  await writeJson(folder, REQUESTS_FILE, requests);
  say(`${FOLDER}/${REQUESTS_FILE}: ${requests.length} requests`);
  await mkdir(join(folder, 'policies'), { recursive: true });
  for (const [name, policy] of Object.entries(policiesOf(framework))) {
    await writeJson(join(folder, 'policies'), `${name}.json`, policy);
    say(`${FOLDER}/policies/${name}.json${isShown ? `: ${JSON.stringify(policy)}` : ''}`);
  }
}

/** What a first deployment sends; a later one sends UpdateFunctionCode and UpdateFunctionConfiguration in place of CreateFunction, and updates triggers. */
function requestsInOrder(framework: TencentFramework, plans: readonly FunctionPlan[]): readonly ApiRequest[] {
  const { environment, region } = framework.service.provider;
  const runSeconds = longestHold(plans, environment);
  const queues = [environment['QUEUE_URL'] ?? '', environment['DEAD_LETTER_QUEUE_URL'] ?? '']
    .map((url) => parseQueueUrl(url))
    .filter((address) => address.kind === 'cmq')
    .map((address) => createCmqQueue(address, runSeconds, region));
  return [
    ...queues,
    ...plans.flatMap(({ create, limits, triggers }) => [
      create,
      ...limits.map(({ request }) => request),
      ...triggers.map((trigger) => trigger.create),
    ]),
  ];
}

/** The longest that a message is held, in seconds: what any run takes, or what the functions are told that the queue gives them. */
export function longestHold(
  plans: readonly FunctionPlan[],
  variables: Readonly<Record<string, string>>,
): number {
  const told = Number(variables['CMQ_VISIBILITY_SECONDS'] ?? 0);
  return Math.ceil(Math.max(told, ...plans.map(({ timeoutSeconds }) => timeoutSeconds)));
}

function policiesOf(framework: TencentFramework): Readonly<Record<string, Policy>> {
  const { provider, functions } = framework.service;
  const subject: PolicySubject = {
    region: provider.region,
    variables: provider.environment,
    functions: Object.entries(functions).map(([key, { name, role }]) => ({ key, functionName: name, role })),
  };
  return { ...rolePolicies(subject), trust: TRUST_POLICY, deployer: deployerPolicy(subject) };
}

async function writeJson(folder: string, name: string, value: unknown): Promise<void> {
  await writeFile(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
}
