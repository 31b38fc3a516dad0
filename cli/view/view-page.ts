import { parseRfc3339 } from '../../lib/domain/rfc3339.js';
import type { EpochMs } from '../../lib/domain/units.js';
import type { Manifest, ManifestPage } from '../../lib/manifest/schema.js';
import { contactSheet, type ContactSheet, type Tile, type TileGroup } from './contact-sheet.js';
import { countText, counted, durationText, fileNameOf, momentText, writtenTimeText } from './format.js';
import { htmlPage } from './frame.js';
import { foreign, markup, type Markup } from './markup.js';
import { VIEW_SCRIPT, VIEW_STYLE } from './view-style.js';

/** Where the picture of a page can be fetched: a URL with its signature, or `data:`; undefined where there is no such place. */
export type PageLinks = (page: ManifestPage) => string | undefined;

/** What a view says beside its job. */
export interface ViewOptions {
  /** When it is written. */
  readonly now: EpochMs;
  /** When the links run out; undefined where they do not. */
  readonly linksUntil?: EpochMs | undefined;
}

/**
 * One job as a self-contained HTML page: what CI said of it, its counts, and a contact sheet of its pictures. Loads nothing but the pictures, and
 * shows what is missing. Pure: the same arguments give the same page.
 */
export function viewPage(manifest: Manifest, links: PageLinks, options: ViewOptions): string {
  const { job } = manifest;
  const sheet = contactSheet(manifest);
  const urls = new Map(
    manifest.pages.flatMap((page) => {
      const url = links(page);
      return url !== undefined && sourceOf(url) !== undefined ? [[page, url] as const] : [];
    }),
  );
  const name = job.source.object === null ? job.jobId : fileNameOf(job.source.object);
  return htmlPage({
    title: `${name}: ${job.state}`,
    style: VIEW_STYLE,
    script: VIEW_SCRIPT,
    imageSources: [...new Set([...urls.values()].flatMap((url) => sourceOf(url) ?? []))],
    header: markup`<p class="eyebrow">Document job <span class="id">${job.jobId}</span></p>
<h1>${foreign(name)}</h1>
<ul class="badges">${badges(manifest)}</ul>`,
    main: markup`${notes(manifest, sheet, urls.size)}
<section aria-labelledby="counts"><h2 id="counts">Counts</h2>${counts(manifest, sheet)}</section>
<section aria-labelledby="job"><h2 id="job">Job</h2>${facts(manifest)}</section>
${pictures(sheet, urls)}`,
    footer: footer(options, urls.size > 0),
  });
}

/** What the content security policy calls the place of a picture; undefined where no picture can come from. */
function sourceOf(url: string): string | undefined {
  if (/^data:image\/(?:png|jpeg|webp|gif);/.test(url)) return 'data:';
  if (!URL.canParse(url)) return undefined;
  const { protocol, origin } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? origin : undefined;
}

function badges({ job, complete }: Manifest): readonly Markup[] {
  const tone = { Success: 'good', Failed: 'bad', Cancel: 'warn' }[job.state];
  const state = markup`<li class="badge ${tone}">${job.state}</li>`;
  if (job.state !== 'Success') return [state];
  return [
    state,
    complete ? markup`<li class="badge">Complete</li>` : markup`<li class="badge warn">Incomplete</li>`,
  ];
}

function notes(
  { job, counts: { failed, succeeded }, complete, pages }: Manifest,
  sheet: ContactSheet,
  linked: number,
): Markup {
  const lines: Markup[] = [];
  const warn = (text: string): void => void lines.push(markup`<p class="note">${text}</p>`);
  if (job.state === 'Failed') {
    lines.push(
      markup`<p class="note bad">The job failed, so it has no pictures. CI says: ${foreign(sayingOf(job))}</p>`,
    );
  }
  if (job.state === 'Cancel') warn('The job was cancelled, so it has no pictures.');
  if (!complete) {
    warn(
      `CI counted ${succeeded === null ? 'more pages' : counted(succeeded, 'page')} as succeeded and lists ${counted(pages.length, 'picture')}: the rest had not appeared ten minutes after the end.`,
    );
  }
  if (failed !== null && failed > 0) {
    warn(
      `${counted(failed, 'page')} failed. CI lists no picture of a failed page, and does not say which it was.`,
    );
  }
  if (sheet.missing > 0) {
    const what = sheet.isSpreadsheet
      ? counted(sheet.missing, 'sheet or picture is', 'sheets or pictures are')
      : counted(sheet.missing, 'page is', 'pages are');
    warn(`${what} without a picture, as marked below: failed, not listed, or not asked for.`);
  }
  if (linked < pages.length) {
    warn(
      `${counted(pages.length - linked, 'picture')} cannot be linked: the manifest names no usable place or key for them.`,
    );
  }
  return markup`<div class="notes">${lines}<p class="note bad" id="missing" role="status" hidden></p><p class="note bad if-expired">The links to the pictures have expired: make the page again.</p></div>`;
}

function sayingOf({ code, message }: Manifest['job']): string {
  return [code, message].filter((text) => text !== null).join(': ') || 'nothing';
}

function counts(
  { counts: { total, succeeded, failed, sheets }, pages }: Manifest,
  { isSpreadsheet }: ContactSheet,
): Markup {
  const number = (name: string, count: number | null, tone = ''): Markup =>
    markup`<div><dt>${name}</dt><dd class="${tone}">${count === null ? '–' : countText(count)}</dd></div>`;
  return markup`<dl class="numbers">${[
    number('pages in the source', total),
    number('succeeded', succeeded),
    number('failed', failed, failed !== null && failed > 0 ? 'bad' : ''),
    ...(isSpreadsheet ? [number('sheets', sheets)] : []),
    number('pictures listed', pages.length),
  ]}</dl><p class="soft">As CI reported them: they need not add up.</p>`;
}

function facts({ job }: Manifest): Markup {
  const { source, output } = job;
  const place = ({
    bucket,
    region,
    object,
  }: {
    bucket: string;
    region: string;
    object: string | null;
  }): Markup =>
    markup`${object === null ? '' : foreign(object)}<br><span class="soft">${foreign(bucket)} · ${foreign(region)}</span>`;
  const text = (value: string | null): Markup | undefined => (value === null ? undefined : foreign(value));
  const rows: readonly (readonly [string, Markup | undefined])[] = [
    ['Input', place(source)],
    ['Output', output === null ? undefined : place(output)],
    ['Created', time(job.creationTime)],
    ['Started', time(job.startTime)],
    ['Ended', time(job.endTime)],
    ['Took', duration(job)],
    ['Code', text(job.code)],
    ['Message', text(job.message)],
    ['Tag', text(job.tag)],
    ['Queue', text(job.queueId)],
    ['User data', text(job.userData)],
  ];
  return markup`<dl class="facts">${rows.map(
    ([name, value]) =>
      markup`<div><dt>${name}</dt><dd>${value ?? markup`<span class="soft">not said</span>`}</dd></div>`,
  )}</dl>`;
}

function time(iso: string | null): Markup | undefined {
  return iso === null ? undefined : markup`<time datetime="${iso}">${writtenTimeText(iso)}</time>`;
}

function duration({ creationTime, endTime }: Manifest['job']): Markup | undefined {
  const from = creationTime === null ? null : parseRfc3339(creationTime);
  const to = endTime === null ? null : parseRfc3339(endTime);
  if (from === null || to === null || to.at < from.at) return undefined;
  // CI's times have whole seconds.
  return markup`${to.at === from.at ? 'under a second' : durationText(to.at - from.at)}, from creation to end`;
}

function pictures({ groups, isSpreadsheet }: ContactSheet, urls: ReadonlyMap<ManifestPage, string>): Markup {
  const title = isSpreadsheet ? 'Sheets' : 'Pages';
  if (groups.length === 0) {
    return markup`<section aria-labelledby="pages"><h2 id="pages">${title}</h2><p>There are none.</p></section>`;
  }
  const jump =
    groups.length === 1
      ? undefined
      : markup`<nav class="jump screen" aria-label="${title}"><ul>${groups.map(({ id, title: name }) => markup`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>`;
  return markup`<section aria-labelledby="pages"><h2 id="pages">${title}</h2>${jump}${groups.map((group) => groupOf(group, isSpreadsheet, urls))}</section>`;
}

/** No more than these fit into a row or two. */
const FEW = 8;

function groupOf(
  { id, title, detail, tiles }: TileGroup,
  isWide: boolean,
  urls: ReadonlyMap<ManifestPage, string>,
): Markup {
  return markup`
<section class="group${tiles.length <= FEW ? ' few' : ''}" id="${id}" aria-labelledby="${id}-title"><header><h3 id="${id}-title">${title}</h3><p>${detail}</p></header>
<ol class="tiles${isWide ? ' wide' : ''}">${tiles.map((tile) => tileOf(tile, urls))}</ol></section>`;
}

function tileOf(tile: Tile, urls: ReadonlyMap<ManifestPage, string>): Markup {
  if (tile.kind === 'gap') {
    return markup`<li class="gap"><span class="frame">no picture</span><span class="cap">${tile.label}</span></li>\n`;
  }
  const { page, label } = tile;
  const url = urls.get(page);
  const caption = markup`<span class="cap">${label}</span></li>\n`;
  if (url === undefined) {
    return markup`<li class="gap"><span class="frame" title="${page.key}">no link</span>${caption}`;
  }
  // No browser shows a PDF as a picture.
  if (/\.pdf$/i.test(page.key)) {
    return markup`<li><a class="frame" href="${url}" title="${page.key}">PDF</a>${caption}`;
  }
  const image = markup`<img src="${url}" alt="${label}" loading="lazy">`;
  // Browsers do not go to a data URL.
  return url.startsWith('data:')
    ? markup`<li><span class="frame" title="${page.key}">${image}</span>${caption}`
    : markup`<li><a class="frame" href="${url}" title="${page.key}">${image}</a>${caption}`;
}

function footer({ now, linksUntil }: ViewOptions, hasLinks: boolean): Markup {
  const written = markup`<p>Written by docjob on <time datetime="${new Date(now).toISOString()}">${momentText(now)}</time>.</p>`;
  if (!hasLinks || linksUntil === undefined) return written;
  return markup`${written}<p>The links to the pictures expire on <time id="until" datetime="${new Date(linksUntil).toISOString()}">${momentText(linksUntil)}</time>. Until then whoever has this file can see the pictures.</p>`;
}
