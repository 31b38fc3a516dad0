import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { ConfigError } from '../lib/config-error.js';
import { missingCredentials } from './aws/missing-credentials.js';
import { readSettings } from './settings.js';
import { deployerCredentials } from './tencent/credentials.js';
import { DeployError } from './tencent/deploy-error.js';

// `npm run package:<cloud>` and `npm run deploy:<cloud>`: checks everything that the deployment needs, says in one message what is missing, and only
// then starts the Serverless Framework, in the folder that it is in itself. Further arguments are handed on to it.

/** Settings that stand for those of a user, so that packaging can be tried without any. */
const EXAMPLE = 'deploy/example.env';

// Its notice about Node 20 concerns the machine that deploys, not the function.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const [command, cloud, ...options] = process.argv.slice(2);
process.env['CLOUD'] = cloud;
if (command === 'package' && (process.env['SOURCE_BUCKET'] ?? '').trim() === '') {
  process.loadEnvFile(EXAMPLE);
  process.stdout.write(`SOURCE_BUCKET is not set: packaging with the settings of ${EXAMPLE}\n`);
}

const problems = await findProblems();
if (problems.length > 0) {
  process.stderr.write(
    `cannot ${command} to ${cloud}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}\n`,
  );
  process.exit(1);
}
const cli = createRequire(import.meta.url).resolve('serverless/bin/serverless.js');
const { status } = spawnSync(process.execPath, [cli, String(command), ...options], {
  stdio: 'inherit',
});
process.exit(status ?? 1);

async function findProblems(): Promise<readonly string[]> {
  const problems: string[] = [];
  try {
    readSettings(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
  }
  if (command === 'deploy') problems.push(...(await credentialsProblems()));
  return problems;
}

/** What is wrong with the credentials to deploy with; an unknown cloud is a problem of the settings. */
async function credentialsProblems(): Promise<readonly string[]> {
  if (cloud === 'aws') return missingCredentials();
  try {
    if (cloud === 'tencent') deployerCredentials(process.env);
    return [];
  } catch (error) {
    if (error instanceof DeployError) return [error.message];
    throw error;
  }
}
