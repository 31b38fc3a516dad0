import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonSchemaOf, PUBLISHED } from '../../deploy/json-schemas.js';
import { buildManifest } from '../../lib/manifest/index.js';
import { buildNotice, noticeText } from '../../lib/notices/notice.js';
import { anyEndedJob } from '../manifest/arbitraries.js';
import { SOURCE } from '../support/pending-jobs.js';
import { isValidNotice, publishedNoticeSchema } from './published.js';

const AT = { ...SOURCE, key: 'm/d1.json' };

test('the published JSON Schema is the one that the type comes from: run `npm run schema` when this fails', () => {
  expect(JSON.parse(publishedNoticeSchema())).toEqual(
    JSON.parse(JSON.stringify(jsonSchemaOf(PUBLISHED.notice))),
  );
});

test('the notice of any job that ended says what its manifest says and where it is, and nothing else', () => {
  fc.assert(
    fc.property(anyEndedJob, fc.boolean(), (job, complete) => {
      const manifest = buildManifest(job, SOURCE, complete);
      const text = noticeText(buildNotice(manifest, AT));
      expect(isValidNotice(text)).toBe(true);
      expect(JSON.parse(text)).toEqual({
        schemaVersion: '1.0',
        jobId: job.jobId,
        source: SOURCE,
        state: job.state,
        complete: manifest.complete,
        manifest: AT,
        pages: manifest.pages.length,
      });
    }),
  );
});
