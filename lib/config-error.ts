import { DocjobError } from './domain/docjob-error.js';

/** The environment does not make a configuration. Lists everything that is wrong with it, not only the first thing. */
export class ConfigError extends DocjobError {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      'bad-configuration',
      `the configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
      {
        disposition: 'configuration',
      },
    );
    this.problems = problems;
  }
}
