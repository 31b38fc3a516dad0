import { availableParallelism } from 'node:os';

// Its notice about Node 20 would stand in the output of every suite that uses SQS.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript' },
          // JSON is imported `with { type: 'json' }`, which Node insists on.
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testSequencer: '<rootDir>/.ci/longest-first.mjs',
  // Jest leaves one core to itself, which on two cores is half of them; and many suites mostly wait, for servers and for processes.
  maxWorkers: 2 * availableParallelism(),
  // Tests that talk to servers are bounded: a hang is a failure, never a wait. Long enough for the simulations on a machine that is busy.
  testTimeout: 60_000,
  reporters: ['default', '<rootDir>/.ci/summary-reporter.mjs'],
};
