/**
 * Prints one closing line on stdout, "N passed, N failed". A suite that cannot start adds nothing to jest's own count of tests,
 * so it is counted here as one failure; a run in which no test ran has failed too.
 */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    this.bad = results.numTotalTests === 0 || failed > 0;
    process.stdout.write(`${results.numPassedTests} passed, ${failed} failed\n`);
  }

  getLastError() {
    return this.bad ? new Error('tests failed, or none ran') : undefined;
  }
}
