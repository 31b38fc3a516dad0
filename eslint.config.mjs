import tseslint from 'typescript-eslint';

/** lib/ must stay free of what only deploys, embeds or drives it (docs/architecture.md). */
const above = ['functions', 'deploy', 'local', 'cli', 'bench', 'test'];

export default tseslint.config(
  {
    ignores: [
      'node_modules',
      'dist',
      '.docjob',
      '.stryker-tmp',
      'coverage',
      'test/npm-package/consumers',
      'examples',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/prefer-readonly': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: above.map((room) => `**/${room}/**`) }],
      // Effects come in through parameters: a pure room takes time and randomness as values.
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the time as a value or from an injected clock.' },
        {
          object: 'Math',
          property: 'random',
          message: 'Take randomness as a value or from an injected source.',
        },
      ],
    },
  },
  {
    // Where the machine's own time and chance come in.
    files: ['lib/platform/system.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
);
