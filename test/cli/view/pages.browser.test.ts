import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'puppeteer-core';
import { presignedLinks, reportPage, summarizeLog, viewPage } from '../../../cli/view/index.js';
import { epochMs, hours, millis, seconds } from '../../../lib/domain/units.js';
import { aManifest, aPage, HOSTILE_TEXT, hostileManifest } from './manifests.js';
import { TestBrowser, type OpenPage } from './browser.js';
import { CUT_OFF, IMAGES, lookAt, LOW_CONTRASTS, OBSTACLES } from './in-page.js';
import { inPieces, sampleLog } from './sample-log.js';
import { PICTURES, ViewedCloud } from './viewed-cloud.js';

let browser: TestBrowser;
let cloud: ViewedCloud;
let report: string;

const REPORT = {
  object: 'in/2026 年度报告.docx',
  script: { pages: 24, failPages: 2 },
  keys: 'out/报告 & <b>/${Number}.png',
};
const BUDGET = {
  object: 'in/budget.xlsx',
  script: { sheets: [2, 5, 1] },
  keys: 'out/budget/${SheetID}/${Page}.jpg',
  targetType: 'jpg' as const,
};

beforeAll(async () => {
  [browser, cloud] = await Promise.all([TestBrowser.launch(), ViewedCloud.start()]);
  report = await reportOn(sampleLog(240));
}, 60_000);

afterAll(async () => {
  await browser.close();
  await cloud.close();
});

async function reportOn(lines: readonly string[]): Promise<string> {
  return reportPage(await summarizeLog(inPieces(lines)), { now: epochMs(Date.UTC(2026, 0, 1, 13)) });
}

/** Where the pictures of the embedded cloud are for a browser. */
function picturesHost(): string {
  const { port } = new URL(cloud.cloud.origin);
  return `http://${PICTURES.bucket}.cos.${PICTURES.region}.myqcloud.com.localhost:${port}`;
}

const evaluate = async <T>(page: Page, script: string): Promise<T> => (await page.evaluate(script)) as T; // what the script gives

/** The texts of all elements that match. */
const textsOf = (page: Page, selector: string): Promise<readonly string[]> =>
  evaluate(
    page,
    `[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => element.textContent)`,
  );

/** Waits for a condition in the page; fails by the test's own time limit. */
const until = (page: Page, condition: string): Promise<unknown> =>
  page.waitForFunction(condition, { timeout: 10_000 });

describe('the view of a document', () => {
  let open: OpenPage;

  beforeAll(async () => {
    open = await browser.open(await cloud.view(REPORT), { width: 1_280, height: 2_400 });
  });

  afterAll(() => open.page.close());

  test('loads all of its pictures by presigned links, and nothing else from anywhere', async () => {
    expect(await evaluate(open.page, IMAGES)).toEqual({ all: 22, loaded: 22, widths: [320] });
    expect([...open.asked].sort()).toEqual(['file://', picturesHost()]);
    expect(open.failed).toEqual([]);
    expect(open.complaints).toEqual([]);
  });

  test('shows the name whatever its script, and the key on hover', async () => {
    expect((await textsOf(open.page, 'h1'))[0]).toBe('2026 年度报告.docx');
    expect(await evaluate(open.page, `document.querySelector('.frame').title`)).toBe('out/报告 & <b>/1.png');
    expect(await textsOf(open.page, '.gap')).toEqual(['no picturePages 23–24']);
  });

  test('can be used by keyboard: first the way past the head, then each picture', async () => {
    await open.page.keyboard.press('Tab');
    expect(await evaluate(open.page, 'document.activeElement.className')).toBe('skip');
    expect(await evaluate(open.page, 'document.activeElement.getBoundingClientRect().left >= 0')).toBe(true);
    await open.page.keyboard.press('Enter');
    await open.page.keyboard.press('Tab');
    expect(await evaluate(open.page, 'document.activeElement.title')).toBe('out/报告 & <b>/1.png');
    expect(await evaluate(open.page, 'getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  });
});

test('the view of a spreadsheet has its sheets as groups, and shows JPEGs', async () => {
  const { page, complaints } = await browser.open(await cloud.view(BUDGET));
  expect(await evaluate(page, IMAGES)).toEqual({ all: 8, loaded: 8, widths: [320] });
  expect(await textsOf(page, 'h3')).toEqual(['Sheet 1', 'Sheet 2', 'Sheet 3']);
  expect(complaints).toEqual([]);
  await page.close();
});

describe('a picture that does not load', () => {
  test('is marked and counted', async () => {
    const html = await cloud.view({ ...REPORT, keys: 'out/gone/${Number}.png' });
    const rule = cloud.cloud.control.faults.add({
      match: { family: 'cos', operation: 'GetObject', pathPrefix: '/out/gone/7.png' },
      fault: { kind: 'status', status: 404, code: 'NoSuchKey' },
    });
    const { page } = await browser.open(html, { width: 1_280, height: 2_400 });
    await until(page, `document.querySelector('.missing') !== null`);
    expect(await textsOf(page, '.missing')).toEqual(['Page 7']);
    expect((await textsOf(page, '#missing'))[0]).toBe('1 picture did not load.');
    expect(await evaluate(page, `document.getElementById('missing').checkVisibility()`)).toBe(true);
    expect(await evaluate(page, IMAGES)).toMatchObject({ all: 22, loaded: 21 });
    expect(rule.struck).toBe(1);
    rule.remove();
    await page.close();
  });

  test('is refused where its signature is not that of its key', async () => {
    const html = (await cloud.view(REPORT)).replaceAll(/(?<=q-signature=)./g, (digit) =>
      digit === '0' ? '1' : '0',
    );
    const { page } = await browser.open(html, { width: 1_280, height: 2_400 });
    await until(page, `document.querySelectorAll('.missing').length === 22`);
    await page.close();
  });

  test('is explained where the links have run out', async () => {
    const { page } = await browser.open(await cloud.view(REPORT, millis(0)));
    expect(await evaluate(page, `document.querySelector('.if-expired').checkVisibility()`)).toBe(true);
    await page.close();
  });
});

test('nothing that a key or a message holds becomes markup', async () => {
  const manifest = hostileManifest();
  const html = viewPage(manifest, ({ pageNo }) => `data:image/png;base64,${pageNo}`, { now: epochMs(0) });
  const { page, asked } = await browser.open(html);
  expect(await evaluate(page, 'document.scripts.length')).toBe(1);
  expect(await evaluate(page, 'globalThis.hacked')).toBe(undefined);
  expect(await evaluate(page, `document.querySelector('.frame').title`)).toBe(HOSTILE_TEXT);
  expect([...asked].filter((place) => !/^(?:file|data):/.test(place))).toEqual([]);
  await page.close();
});

test('5,000 pages are one file below 5 MB that opens at once and loads what is in sight', async () => {
  // A hundred of them are stored, each listed fifty times: the disk is not what is tested.
  const keys = 'out/encyclopedia.pdf/${Number}.png';
  await cloud.view({ object: 'in/encyclopedia.pdf', script: { pages: 100 }, keys });
  const pages = Array.from({ length: 5_000 }, (_, index) =>
    aPage(index + 1, { key: `out/encyclopedia.pdf/${(index % 100) + 1}.png` }),
  );
  const { job, ...rest } = aManifest(pages);
  const manifest = { ...rest, job: { ...job, output: { ...PICTURES, object: keys } } };
  // No two links are the same: each round is signed for a second longer.
  const rounds = Array.from({ length: 51 }, (_, round) =>
    presignedLinks(manifest, cloud.linkPolicy(millis(hours(1) + seconds(round)))),
  );
  const html = viewPage(manifest, (page) => rounds[Math.floor(page.pageNo / 100)]?.(page), {
    now: epochMs(0),
  });
  expect(html.length).toBeLessThan(5_000_000);
  const { page, complaints } = await browser.open(html);
  const { all, loaded } = await evaluate<{ all: number; loaded: number }>(page, IMAGES);
  expect(all).toBe(5_000);
  expect(loaded).toBeLessThan(500);
  await page.click('a[href="#group-4901"]');
  const last = `[...document.images].at(-1)`;
  await evaluate(page, `${last}.scrollIntoView()`);
  await until(page, `${last}.naturalWidth === 320`);
  expect(complaints).toEqual([]);
  await page.close();
});

describe.each(['view', 'report'] as const)('the page of a %s', (kind) => {
  let open: OpenPage;

  beforeAll(async () => {
    const html = kind === 'view' ? await cloud.view(REPORT) : report;
    open = await browser.open(html);
  });

  afterAll(() => open.page.close());

  test('puts no obstacle in anybody’s way', async () => {
    expect(await evaluate(open.page, OBSTACLES)).toEqual([]);
    expect(open.complaints).toEqual([]);
  });

  test.each([
    ['light', 'screen', 'light'],
    ['dark', 'screen', 'dark'],
    ['print', 'print', 'dark'],
  ] as const)('has enough contrast in %s, and is drawn', async (name, media, scheme) => {
    const { page } = open;
    // Both at once: each of the page's own methods takes back what the other set.
    const session = await page.createCDPSession();
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await session.send('Emulation.setEmulatedMedia', { media, features });
    const { checked, found } = await evaluate<{ checked: number; found: string[] }>(page, LOW_CONTRASTS);
    expect(found).toEqual([]);
    expect(checked).toBeGreaterThan(50);
    const { colours, brightness, drawn } = await seen(page, `${kind}-${name}`);
    expect(colours).toBeGreaterThan(100);
    expect(drawn).toBeGreaterThan(0.05);
    if (name === 'dark') expect(brightness).toBeLessThan(110);
    else expect(brightness).toBeGreaterThan(190);
    await session.detach();
  });

  test.each([320, 390, 768, 1_920])('fits %d pixels without scrolling sideways', async (width) => {
    const { page } = open;
    await page.setViewport({ width, height: 844 });
    expect(await evaluate(page, 'document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    if (width === 390) expect((await seen(page, `${kind}-phone`)).colours).toBeGreaterThan(50);
  });

  test('moves nothing, whoever wants that or not', async () => {
    const { page } = open;
    expect(await evaluate(page, `getComputedStyle(document.documentElement).scrollBehavior`)).toBe('auto');
    expect(await evaluate(page, `document.getAnimations().length`)).toBe(0);
  });
});

test('a report on some seconds has a clock time below its last bar, and none of its words is cut off', async () => {
  const lines = Array.from({ length: 22 }, (_, second) => {
    const time = new Date(Date.UTC(2026, 0, 1, 8, 0, second)).toISOString();
    return JSON.stringify({
      time,
      level: 'info',
      event: 'manifest-written',
      jobId: `d${second}`,
      state: 'Success',
      stalenessMs: 900,
    });
  });
  const { page } = await browser.open(await reportOn(lines));
  expect((await textsOf(page, 'svg[role=img] text')).filter((text) => text === '08:00:21')).not.toEqual([]);
  expect(await evaluate(page, CUT_OFF)).toEqual([]);
  await page.close();
});

test('a report loads nothing at all', async () => {
  const { page, asked, complaints } = await browser.open(report);
  expect([...asked]).toEqual(['file://']);
  expect(complaints).toEqual([]);
  await page.click('summary');
  expect((await textsOf(page, 'details[open] caption, details[open] table'))[0]).toMatch(
    /2026-01-01 08:00:00 UTC/,
  );
  await page.close();
});

/** Takes a screenshot into the folder of the tests, and looks at it. */
async function seen(
  page: Page,
  name: string,
): Promise<{ colours: number; brightness: number; drawn: number }> {
  const shot = await page.screenshot({ path: `${browser.folder}/${name}.png` });
  const eye = await browser.blank();
  const looked = await evaluate<Awaited<ReturnType<typeof seen>>>(
    eye,
    lookAt(`data:image/png;base64,${Buffer.from(shot).toString('base64')}`),
  );
  await eye.close();
  return looked;
}
