import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { manifestKey, manifestLocation, parseKeyTemplate } from '../../lib/manifest/index.js';
import { aBucket, aJobId, aRegion, SOURCE } from '../support/pending-jobs.js';
import { anyText } from './arbitraries.js';
import { cancelledJob, documentedPages } from './documented-jobs.js';

const subject = { jobId: aJobId(1), ...SOURCE };

describe('a key template', () => {
  test.each([
    ['manifests/${jobId}.json', `manifests/${subject.jobId}.json`],
    ['${jobId}', subject.jobId],
    [
      '清单/${region}/${bucket}/${jobId}/${jobId}.json',
      `清单/ap-beijing/docs-1250000000/${subject.jobId}/${subject.jobId}.json`,
    ],
    ['.hidden/..${jobId}..$&/{a}$', `.hidden/..${subject.jobId}..$&/{a}$`],
  ])('%s makes %s', (text, key) => {
    expect(manifestKey(parseKeyTemplate(text), subject)).toBe(key);
  });

  test.each([
    ['', 'must contain ${jobId}, or all jobs would share one manifest'],
    ['manifests/$jobId.json', 'must contain ${jobId}, or all jobs would share one manifest'],
    ['${jobid}', 'must contain ${jobId}, or all jobs would share one manifest'],
    [
      '${jobId}/${date}',
      'has the unknown placeholder ${date}: only ${jobId}, ${bucket} and ${region} are known',
    ],
    ['${jobId}/${}', 'has the unknown placeholder ${}: only ${jobId}, ${bucket} and ${region} are known'],
    [
      '${jobId}/${constructor}',
      'has the unknown placeholder ${constructor}: only ${jobId}, ${bucket} and ${region} are known',
    ],
    ['${jobId}/${bucket', 'has a "${" that is never closed'],
    ['a\\${jobId}', 'must not contain a backslash'],
    ['a\n${jobId}', 'must not contain control characters or halves of surrogate pairs'],
    ['a\u007f${jobId}', 'must not contain control characters or halves of surrogate pairs'],
    ['a\ud83d${jobId}', 'must not contain control characters or halves of surrogate pairs'],
    ['/${jobId}', 'must not begin with a slash: keys have none'],
    ['a//${jobId}', 'must not contain "//" or end with a slash'],
    ['a/${jobId}/', 'must not contain "//" or end with a slash'],
    ['a/../${jobId}', 'must not have "." or ".." as a segment'],
    ['./${jobId}', 'must not have "." or ".." as a segment'],
  ])('%j is refused', (text, problem) => {
    expect(() => parseKeyTemplate(text)).toThrow(new TypeError(`the manifest key ${problem}`));
  });

  test('may become 850 bytes long at worst, and not one more', () => {
    // The longest job ID has 128 bytes; each of these characters has three.
    const longest = `${'中'.repeat(240)}${'a'.repeat(2)}\${jobId}`;
    expect(() => parseKeyTemplate(longest)).not.toThrow();
    expect(() => parseKeyTemplate(`a${longest}`)).toThrow(
      'can become 851 bytes long, but a COS key has 850 at most',
    );
    expect(() => parseKeyTemplate(`${'a'.repeat(587)}\${jobId}\${bucket}\${region}`)).toThrow(
      'can become 851 bytes',
    );
  });

  test('is either refused or makes keys without empty, "." or ".." segments', () => {
    const pieces = fc.array(
      fc.oneof(fc.constantFrom('${jobId}', '${bucket}', '/', '.', '..', 'a'), anyText),
      {
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = `${parts.join('')}\${jobId}`;
        let key: string;
        try {
          key = manifestKey(parseKeyTemplate(text), subject);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        expect(key.split('/').filter((segment) => ['', '.', '..'].includes(segment))).toEqual([]);
        expect(key).toContain(subject.jobId);
        expect(Buffer.byteLength(key)).toBeLessThanOrEqual(850);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the place of a manifest', () => {
  const template = parseKeyTemplate('${region}/${bucket}/${jobId}.json');
  const key = `ap-beijing/docs-1250000000/${documentedPages.jobId}.json`;
  const all = () => true;

  test('is in the output bucket and its region; bucket and region in the key are those of the source', () => {
    expect(manifestLocation(documentedPages, SOURCE, template, all)).toEqual({
      kind: 'ok',
      bucket: 'examplebucket-1250000000',
      region: 'ap-chongqing',
      key,
    });
  });

  test('is in the source bucket where CI reported no output', () => {
    expect(manifestLocation(cancelledJob, SOURCE, template, all)).toEqual({ kind: 'ok', ...SOURCE, key });
  });

  test('is nowhere when the bucket is not allowed, the source bucket included', () => {
    const asked: string[] = [];
    const none = (bucket: string) => {
      asked.push(bucket);
      return false;
    };
    expect(manifestLocation(documentedPages, SOURCE, template, none)).toEqual({
      kind: 'not-allowed',
      bucket: 'examplebucket-1250000000',
      problem:
        'the output bucket examplebucket-1250000000 is not allowed: add it to ALLOWED_BUCKETS and redrive the job',
    });
    expect(manifestLocation(cancelledJob, SOURCE, template, none).kind).toBe('not-allowed');
    expect(asked).toEqual(['examplebucket-1250000000', 'docs-1250000000']);
  });

  test.each([
    '',
    'bucket',
    'Bucket-1250000000',
    'a.b-1250000000',
    'a/b-1250000000',
    'evil.example\n-1250000000',
  ])('is nowhere when the bucket is %j, whatever is allowed', (bucket) => {
    const job = { ...documentedPages, output: { bucket, region: 'ap-beijing', object: '' } };
    expect(manifestLocation(job, SOURCE, template, all)).toEqual({
      kind: 'not-allowed',
      bucket,
      problem: `the output bucket ${JSON.stringify(bucket)} is not a bucket name with APPID`,
    });
  });

  test.each(['', 'beijing', 'ap-beijing.evil.example', 'ap-beijing/'])(
    'is nowhere when the region is %j',
    (region) => {
      const job = { ...documentedPages, output: { bucket: aBucket('out-1250000000'), region, object: '' } };
      expect(manifestLocation(job, SOURCE, template, all)).toEqual({
        kind: 'not-allowed',
        bucket: 'out-1250000000',
        problem: `the region ${JSON.stringify(region)} of the output bucket is not a region`,
      });
    },
  );

  test('is nowhere when the names are long, and says so in short', () => {
    const long = 'x'.repeat(100_000);
    for (const output of [
      { bucket: long, region: 'ap-beijing', object: '' },
      { bucket: 'out-1250000000', region: long, object: '' },
    ]) {
      const answer = manifestLocation({ ...documentedPages, output }, SOURCE, template, all);
      if (answer.kind !== 'not-allowed') throw new Error('it has a place');
      expect(answer.problem.length).toBeLessThan(300);
    }
  });

  test('the longest names that can be are the longest that a template counts with', () => {
    const bucket = aBucket(`${'b'.repeat(47)}-${'1'.repeat(15)}`);
    const region = aRegion(`${'r'.repeat(10)}-${'r'.repeat(20)}-${'r'.repeat(20)}-${'r'.repeat(20)}`);
    expect(bucket).toHaveLength(63);
    const longest = parseKeyTemplate(`${'a'.repeat(850 - 128 - 63 - 73)}\${jobId}\${bucket}\${region}`);
    const spare = 128 - subject.jobId.length;
    expect(manifestKey(longest, { ...subject, bucket, region })).toHaveLength(850 - spare);
  });
});
