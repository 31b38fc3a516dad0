'use strict';

/**
 * Plays the platform's side of a deployed function, in a process of its own and in plain Node, so that a bundle stands on its own feet: loads
 * `<folder>/index.js` and calls it for each event that the parent sends, with the platform's context.
 *
 * Arguments: the folder, `lambda` or `scf`, the function's timeout in milliseconds.
 */
const path = require('node:path');

const [folder, platform, timeout] = process.argv.slice(2);
const timeoutMs = Number(timeout);
const { handler, main_handler } = require(path.resolve(folder, 'index.js'));

function lambdaContext(requestId) {
  const deadline = Date.now() + timeoutMs;
  return {
    awsRequestId: requestId,
    functionName: 'docjob-local-poll',
    functionVersion: '$LATEST',
    memoryLimitInMB: '128',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:docjob-local-poll',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function scfContext(requestId) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    memory_limit_in_mb: 128,
    time_limit_in_ms: timeoutMs,
    request_id: requestId,
    environment: '{"SCF_NAMESPACE":"default"}',
    environ: 'SCF_NAMESPACE=default',
    function_version: '$LATEST',
    function_name: 'docjob-local-poll',
    namespace: 'default',
    tencentcloud_region: 'ap-beijing',
    tencentcloud_appid: '1250000000',
    tencentcloud_uin: '100000000000',
  };
}

process.on('message', async ({ requestId, event }) => {
  try {
    const result =
      platform === 'lambda'
        ? await handler(event, lambdaContext(requestId))
        : await main_handler(event, scfContext(requestId));
    // What a function returns leaves the platform as JSON.
    process.send({ requestId, result: JSON.parse(JSON.stringify(result ?? null)) });
  } catch (error) {
    process.send({ requestId, error: { name: error.name, message: error.message, code: error.code } });
  }
});
