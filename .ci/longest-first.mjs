/**
 * Jest's order of the suites. By itself it goes by how long each took the last time, which a fresh clone does not know; where one of the longest begins
 * last, the other cores wait for it.
 */
const LONGEST = [
  'simulation/interleavings',
  'simulation/seeds',
  'deploy/tencent/commands',
  'local/demo',
  'simulation/planted',
  'functions/submit',
  'cli/commands/dead',
  'security/secrets',
  'functions/callback',
  'npm-package',
  'cli/view/pages.browser',
];

const placeOf = ({ path }) => {
  const place = LONGEST.findIndex((name) => path.replaceAll('\\', '/').includes(`/test/${name}`));
  return place === -1 ? LONGEST.length : place;
};

export default class LongestFirst {
  sort(tests) {
    return [...tests].sort((one, other) => placeOf(one) - placeOf(other));
  }

  cacheResults() {
    // Nothing is learnt: the order is the same everywhere.
  }

  allFailedTests(tests) {
    return tests;
  }
}
