/** The environment variable in which main.ts names the test files to its runner: a JSON list of paths, since Stryker hands no options through. */
export const FILES_VARIABLE = 'DOCJOB_MUTATION_TESTS';
