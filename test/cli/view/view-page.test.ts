import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { viewPage, type PageLinks } from '../../../cli/view/index.js';
import type { Manifest } from '../../../lib/manifest/index.js';
import { epochMs, hours } from '../../../lib/domain/units.js';
import { aManifest, aPage, HOSTILE_TEXT, hostileManifest, storedManifest } from './manifests.js';

const NOW = epochMs(Date.UTC(2026, 0, 1));
const linked: PageLinks = ({ key }) => `https://pictures.example/${encodeURIComponent(key)}?sign&more`;

const view = (manifest: Manifest, links: PageLinks = linked): string =>
  viewPage(manifest, links, { now: NOW, linksUntil: epochMs(NOW + hours(1)) });

/** The text of a page without its markup. */
const textOf = (html: string): string =>
  html
    .replace(/<(style|script)>[^]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('what a view says', () => {
  test('is all that the manifest says of the job', () => {
    const manifest = storedManifest('document');
    const text = textOf(view(manifest));
    for (const word of [
      'd13cfd584cd9011ea820b597ad1785a2f',
      'Success',
      'Complete',
      'DocProcess',
      '1.doc',
      'big/test-${Number}',
      'examplebucket-1250000000',
      'ap-chongqing',
      'p50882922b848464fadd222d771438328',
      '2020-07-24 17:28:47 +08:00',
      '2020-07-24 17:28:49 +08:00',
      '2 s, from creation to end',
      'pages in the source 2',
      'succeeded 1',
      'failed 0',
      'pictures listed 1',
    ]) {
      expect(text).toContain(word);
    }
  });

  test('names page 1 as the one without a picture', () => {
    const text = textOf(view(storedManifest('document')));
    expect(text).toContain('1 page is without a picture');
    expect(text).toContain('no picture Page 1');
  });

  test.each([
    ['failed', 'Failed', 'The job failed, so it has no pictures. CI says:'],
    ['cancelled', 'Cancel', 'The job was cancelled, so it has no pictures.'],
    ['spreadsheet-incomplete', 'Incomplete', 'had not appeared ten minutes after the end'],
  ] as const)('of a job that is %s is why pictures are missing', (name, badge, note) => {
    const text = textOf(view(storedManifest(name)));
    expect(text).toContain(badge);
    expect(text).toContain(note);
  });

  test('is when the links run out, if there are any', () => {
    const html = view(storedManifest('document'));
    expect(textOf(html)).toContain('expire on 2026-01-01 01:00:00 UTC');
    expect(html).toContain('<time id="until" datetime="2026-01-01T01:00:00.000Z">');
    expect(view(storedManifest('failed'))).not.toContain('id="until"');
  });

  test('is how many pages failed, and how many pictures have no link', () => {
    const counts = { total: 3, succeeded: 2, failed: 1, sheets: null };
    const text = textOf(
      view(aManifest([aPage(1), aPage(2)], { counts }), ({ pageNo }) =>
        pageNo === 1 ? 'https://a.example/1' : undefined,
      ),
    );
    expect(text).toContain('1 page failed.');
    expect(text).toContain('1 picture cannot be linked');
    expect(text).toContain('no link Page 2');
  });
});

describe('a picture', () => {
  test('is a link that is loaded when it comes into sight', () => {
    expect(view(aManifest([aPage(7)]))).toContain(
      '<a class="frame" href="https://pictures.example/out%2F7.png?sign&amp;more" title="out/7.png"><img src="https://pictures.example/out%2F7.png?sign&amp;more" alt="Page 7" loading="lazy"></a>',
    );
  });

  test('that is a PDF is a link alone', () => {
    const html = view(aManifest([aPage(1, { key: 'out/all.PDF' })]));
    expect(html).toContain('title="out/all.PDF">PDF</a>');
    expect(html).not.toContain('<img');
  });

  test('within the page is no link, since browsers do not go there', () => {
    const html = view(aManifest([aPage(1)]), () => 'data:image/png;base64,AAAA');
    expect(html).toContain('<span class="frame" title="out/1.png"><img src="data:image/png;base64,AAAA"');
    expect(html).toContain('img-src data:');
  });

  test.each(['javascript:alert(1)', 'data:text/html,<script>', 'file:///etc/passwd', 'no url'])(
    'is never at %s',
    (url) => {
      const html = view(aManifest([aPage(1)]), () => url);
      expect(html).not.toContain(url.slice(0, 12));
      expect(html).toContain('no link');
    },
  );
});

describe('the content security policy', () => {
  const policyOf = (html: string): string =>
    /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';

  test('lets in what is in the page, and pictures from where they are', () => {
    const html = view(aManifest([aPage(1), aPage(2)]), ({ pageNo }) => `https://p${pageNo}.example/`);
    const digest = (name: string): string => {
      const content = new RegExp(`<${name}>([^]*?)</${name}>`).exec(html)?.[1] ?? '';
      return `&#39;sha256-${createHash('sha256').update(content).digest('base64')}&#39;`;
    };
    expect(policyOf(html).split('; ')).toEqual([
      'default-src &#39;none&#39;',
      `style-src ${digest('style')}`,
      `script-src ${digest('script')}`,
      'img-src https://p1.example https://p2.example',
      'base-uri &#39;none&#39;',
      'form-action &#39;none&#39;',
    ]);
    // What stands in attributes would need more than the policy gives.
    expect(html).not.toMatch(/ style="| on[a-z]+="/);
  });

  test('lets no pictures in where there are none', () => {
    expect(policyOf(view(storedManifest('failed')))).not.toContain('img-src');
  });
});

describe('hostile text', () => {
  test('is text, wherever it comes from', () => {
    const html = view(hostileManifest());
    expect(html).not.toContain(HOSTILE_TEXT.slice(2));
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html.match(/<\/title>/g)).toHaveLength(1);
    expect(html.match(/<img src=x/g)).toBeNull();
  });

  test('neither hides nor turns around what stands beside it', () => {
    const key = 'out/\u202egnp.exe\u0000\u0007\u007f\ud800.png';
    const html = viewPage(aManifest([aPage(1, { key })]), () => 'https://a.example/', { now: NOW });
    expect(html).toContain('gnp.exe␀␇␡');
    const object = 'a\u202eb';
    const { job } = storedManifest('document');
    expect(view(aManifest([], { job: { ...job, source: { ...job.source, object } } }))).toContain(
      `<h1><bdi>${object}</bdi></h1>`,
    );
  });
});

test('the same arguments give the same page', () => {
  expect(view(storedManifest('document'))).toBe(view(storedManifest('document')));
});
