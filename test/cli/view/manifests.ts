import { readFileSync } from 'node:fs';
import { readManifest, type Manifest } from '../../../lib/manifest/index.js';

/** One of the fixtures of the manifest's own tests. */
export function storedManifest(
  name: 'cancelled' | 'document' | 'failed' | 'spreadsheet-incomplete',
): Manifest {
  return readManifest(readFileSync(new URL(`../../manifest/fixtures/${name}.json`, import.meta.url)));
}

type Page = Manifest['pages'][number];

/** A page of a document. */
export function aPage(pageNo: number, changes: Partial<Page> = {}): Page {
  const key = `out/${pageNo}.png`;
  return { pageNo, picIndex: null, picNum: null, sheetPics: null, tgtUri: key, key, ...changes };
}

/** A manifest of a success with these pages. */
export function aManifest(pages: readonly Page[], changes: Partial<Manifest> = {}): Manifest {
  const stored = storedManifest('document');
  const counts = { total: null, succeeded: pages.length, failed: 0, sheets: null };
  return { ...stored, counts, complete: true, pages: [...pages], ...changes };
}

/** Text that would be code wherever it stood unescaped: in an element, in an attribute of either quote, in a script, in a style. */
export const HOSTILE_TEXT = `"><script>globalThis.hacked=1</script><img src=x onerror="globalThis.hacked=1">'</style></title>`;

/** A manifest that holds nothing else. */
export function hostileManifest(): Manifest {
  const text = HOSTILE_TEXT;
  const { job } = storedManifest('document');
  return aManifest([aPage(1, { key: text }), aPage(2, { key: `${text}.pdf` })], {
    complete: false,
    job: {
      ...job,
      jobId: text,
      code: text,
      message: text,
      tag: text,
      queueId: text,
      userData: text,
      source: { bucket: text, region: text, object: text },
      output: { bucket: text, region: text, object: text },
    },
  });
}
