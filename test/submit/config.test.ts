import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../lib/config-error.js';
import { parseSubmitConfig } from '../../lib/submit/config.js';

const NEEDED = {
  QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/pending',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/dead',
  SOURCE_BUCKET: 'docs-1250000000',
  SOURCE_REGION: 'ap-beijing',
};
const EVENTS = { ...NEEDED, SUBMIT_PREFIX: 'in/', CI_QUEUE_ID: 'p1' };

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    parseSubmitConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration of the submit function', () => {
  test('needs no more than that of the poll function, and takes no events by default', () => {
    expect(parseSubmitConfig(NEEDED)).toMatchObject({
      concurrency: 16,
      schedule: { floor: 10_000 },
      defaults: {
        source: { bucket: 'docs-1250000000', region: 'ap-beijing' },
        output: { bucket: 'docs-1250000000', region: 'ap-beijing' },
        template: 'pages/${object}/${Number}.${targetType}',
        sheetTemplate: 'pages/${object}/${SheetID}/${Number}.${targetType}',
        targetType: 'jpg',
        queueId: undefined,
      },
      rules: { trigger: undefined, manifestKey: 'manifests/${jobId}.json' },
    });
  });

  test('takes events of documents under a prefix of the source bucket', () => {
    const { trigger } = parseSubmitConfig(EVENTS).rules;
    expect(trigger).toMatchObject({ bucket: 'docs-1250000000', prefix: 'in/' });
    expect(trigger?.suffixes).toEqual(expect.arrayContaining(['.docx', '.pdf', '.xlsx']));
    expect(parseSubmitConfig({ ...EVENTS, SUBMIT_SUFFIXES: '.PDF, .docx' }).rules.trigger?.suffixes).toEqual([
      ...['.pdf', '.docx'],
    ]);
  });

  test('takes an output bucket with its region', () => {
    const env = {
      ...NEEDED,
      OUTPUT_BUCKET: 'pages-1250000000',
      OUTPUT_REGION: 'ap-shanghai',
      TARGET_TYPE: 'png',
    };
    expect(parseSubmitConfig(env).defaults).toMatchObject({
      output: { bucket: 'pages-1250000000', region: 'ap-shanghai' },
      targetType: 'png',
    });
  });

  test('lists everything that is wrong in one error, the poll function’s part included', () => {
    expect(
      problemsOf({
        ...EVENTS,
        CONCURRENCY: 'many',
        TARGET_TYPE: 'gif',
        OUTPUT_OBJECT: 'pages/x.jpg',
        CI_QUEUE_ID: '/',
      }),
    ).toEqual([
      'CONCURRENCY is "many": expected a whole number from 1 to 256',
      'TARGET_TYPE is "gif": expected one of jpg, png, pdf',
      "OUTPUT_OBJECT must contain ${object}, or all documents would share their pictures' keys",
      'OUTPUT_OBJECT must contain ${Number} or ${Page}, or all pictures would have one key; our own placeholders are ${object} and ${targetType}',
      'CI_QUEUE_ID is "/": expected the ID of the CI queue of SOURCE_BUCKET',
    ]);
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ CI_QUEUE_ID: '' }, /^CI_QUEUE_ID is not set: with SUBMIT_PREFIX set it/],
    [{ SUBMIT_PREFIX: '/in/' }, /^SUBMIT_PREFIX must not begin with a slash/],
    [{ SUBMIT_SUFFIXES: 'docx' }, /^SUBMIT_SUFFIXES must be suffixes such as .docx,.pdf/],
    [{ OUTPUT_BUCKET: 'pages-1250000000' }, /^OUTPUT_REGION is not set/],
    [
      { OUTPUT_BUCKET: 'pages-1259999999', OUTPUT_REGION: 'ap-beijing' },
      /^ALLOWED_BUCKETS does not allow OUTPUT_BUCKET/,
    ],
    [{ OUTPUT_REGION: 'ap-shanghai' }, /^OUTPUT_REGION is not the region of SOURCE_BUCKET/],
    [{ OUTPUT_OBJECT_SHEETS: '${object}/${Number}' }, /^OUTPUT_OBJECT_SHEETS must contain \$\{SheetID\}/],
  ])('refuses %j', (changes, problem) => {
    expect(problemsOf({ ...EVENTS, ...changes })[0]).toMatch(problem);
  });

  test.each<[Record<string, string>, string]>([
    [{ OUTPUT_OBJECT: '${object}/${Number}.jpg' }, 'OUTPUT_OBJECT'],
    [{ OUTPUT_OBJECT_SHEETS: 'in/${object}/${SheetID}/${Number}.jpg' }, 'OUTPUT_OBJECT_SHEETS'],
    [{ MANIFEST_KEY: 'in/${jobId}.json' }, 'MANIFEST_KEY'],
    [
      {
        QUEUE_URL: 'cos://docs-1250000000.ap-beijing/in/pending/',
        DEAD_LETTER_QUEUE_URL: 'cos://docs-1250000000.ap-beijing/dead/',
      },
      'QUEUE_URL',
    ],
  ])('refuses what would call the function for ever: %j', (changes, what) => {
    expect(problemsOf({ ...EVENTS, ...changes })).toEqual([
      expect.stringMatching(new RegExp(`^${what} .* can lie under the trigger's prefix "in/"`)),
    ]);
    expect(problemsOf({ ...NEEDED, ...changes })).toEqual([]);
  });

  test.each([
    ['docjob/pending/d', 'QUEUE_URL'],
    ['docjob/dead/max-age/', 'DEAD_LETTER_QUEUE_URL'],
  ])('refuses the prefix %s, under which some objects of a queue lie', (prefix, what) => {
    const queues = {
      QUEUE_URL: 'cos://docs-1250000000.ap-beijing/docjob/pending/',
      DEAD_LETTER_QUEUE_URL: 'cos://docs-1250000000.ap-beijing/docjob/dead/',
    };
    expect(problemsOf({ ...EVENTS, ...queues, SUBMIT_PREFIX: prefix })).toEqual([
      expect.stringMatching(new RegExp(`^${what} .* can lie under the trigger's prefix`)),
    ]);
  });
});
