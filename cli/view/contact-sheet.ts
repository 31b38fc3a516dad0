import type { Manifest, ManifestPage } from '../../lib/manifest/schema.js';
import { counted, rangeText } from './format.js';

/** One place on a contact sheet. */
export type Tile =
  | { readonly kind: 'picture'; readonly page: ManifestPage; readonly label: string }
  /** Pages or pictures whose numbers are missing, however many: a number is no promise, and must not become thousands of places. */
  | { readonly kind: 'gap'; readonly label: string };

/** Tiles under one heading: a sheet of a spreadsheet, or a hundred pages. */
export interface TileGroup {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** How much of it is there. */
  readonly detail: string;
  readonly tiles: readonly Tile[];
}

/** The pictures of a manifest in their order. */
export interface ContactSheet {
  readonly isSpreadsheet: boolean;
  readonly groups: readonly TileGroup[];
  /** How many numbers have no picture, as far as the manifest tells. */
  readonly missing: number;
}

/** So many tiles under a heading: what is out of sight then costs nothing, and a reader finds page 3,417. */
const GROUP_SIZE = 100;

/** Sorts a manifest's pictures into groups, and finds the numbers that are missing between them. */
export function contactSheet({ counts, pages }: Manifest): ContactSheet {
  const isSpreadsheet =
    counts.sheets !== null || pages.some(({ picIndex, picNum }) => picIndex !== null || picNum !== null);
  return isSpreadsheet ? sheetsOf(counts.sheets, pages) : pagesOf(counts.total, pages);
}

function pagesOf(total: number | null, pages: readonly ManifestPage[]): ContactSheet {
  const { tiles, missing } = withGaps(
    pages.map((page) => ({ page, number: page.pageNo, label: `Page ${page.pageNo}` })),
    total,
    pagesNamed,
  );
  const groups = chunksOf(tiles).map((chunk) => {
    const numbers = chunk.flatMap((tile) => (tile.kind === 'picture' ? [tile.page.pageNo] : []));
    const [first, last] = [numbers[0], numbers.at(-1)];
    const title = first === undefined || last === undefined ? 'No pictures' : pagesNamed(first, last);
    return {
      id: `group-${first ?? 'none'}`,
      title,
      detail: counted(numbers.length, 'picture'),
      tiles: chunk,
    };
  });
  return { isSpreadsheet: false, groups: uniquely(groups), missing };
}

function pagesNamed(from: number, to: number): string {
  return `${from === to ? 'Page' : 'Pages'} ${rangeText(from, to)}`;
}

function sheetsOf(sheets: number | null, pages: readonly ManifestPage[]): ContactSheet {
  const bySheet = new Map<number, ManifestPage[]>();
  for (const page of pages) {
    const own = bySheet.get(page.pageNo);
    if (own === undefined) bySheet.set(page.pageNo, [page]);
    else own.push(page);
  }
  const groups: TileGroup[] = [];
  let missing = 0;
  let next = 1;
  const skip = (from: number, to: number): void => {
    if (from > to) return;
    const title = `${from === to ? 'Sheet' : 'Sheets'} ${rangeText(from, to)}`;
    groups.push({
      id: `sheet-${from}`,
      title,
      detail: 'no pictures',
      tiles: [{ kind: 'gap', label: title }],
    });
    missing += to - from + 1;
  };
  for (const [sheet, own] of [...bySheet].sort(([one], [other]) => one - other)) {
    skip(next, sheet - 1);
    next = Math.max(next, sheet + 1);
    const there = sheetOf(sheet, own);
    groups.push(...there.groups);
    missing += there.missing;
  }
  skip(next, sheets ?? 0);
  return { isSpreadsheet: true, groups: uniquely(groups), missing };
}

function sheetOf(sheet: number, own: readonly ManifestPage[]): Omit<ContactSheet, 'isSpreadsheet'> {
  const count = own.reduce<number | null>((most, { sheetPics }) => sheetPics ?? most, null);
  const pictures = own.map((page, index) => {
    const number = page.picNum ?? index + 1;
    const inFile = page.picIndex === null ? '' : ` (${page.picIndex} in file)`;
    return { page, number, label: `Picture ${number}${inFile}` };
  });
  const { tiles, missing } = withGaps(
    pictures,
    count,
    (from, to) => `${from === to ? 'Picture' : 'Pictures'} ${rangeText(from, to)}`,
  );
  const chunks = chunksOf(tiles);
  const groups = chunks.map((chunk, index) => ({
    id: `sheet-${sheet}`,
    title: chunks.length === 1 ? `Sheet ${sheet}` : `Sheet ${sheet}, part ${index + 1} of ${chunks.length}`,
    detail:
      count === null || count === own.length
        ? counted(own.length, 'picture')
        : `${own.length} of ${counted(count, 'picture')}`,
    tiles: chunk,
  }));
  return { groups, missing };
}

/** Puts a gap wherever numbers from 1 to `last` are missing. The pictures are in the order of their numbers. */
function withGaps(
  pictures: readonly { readonly page: ManifestPage; readonly number: number; readonly label: string }[],
  last: number | null,
  nameOfGap: (from: number, to: number) => string,
): { readonly tiles: readonly Tile[]; readonly missing: number } {
  const tiles: Tile[] = [];
  let missing = 0;
  let next = 1;
  const skipTo = (end: number): void => {
    if (next >= end) return;
    tiles.push({ kind: 'gap', label: nameOfGap(next, end - 1) });
    missing += end - next;
  };
  for (const { page, number, label } of pictures) {
    skipTo(number);
    next = Math.max(next, number + 1);
    tiles.push({ kind: 'picture', page, label });
  }
  skipTo((last ?? 0) + 1);
  return { tiles, missing };
}

function chunksOf(tiles: readonly Tile[]): readonly (readonly Tile[])[] {
  const chunks = Math.ceil(tiles.length / GROUP_SIZE);
  return Array.from({ length: chunks }, (_, index) =>
    tiles.slice(index * GROUP_SIZE, (index + 1) * GROUP_SIZE),
  );
}

/** A page can be listed twice, and a long sheet has several groups: an ID must not. */
function uniquely(groups: readonly TileGroup[]): readonly TileGroup[] {
  const taken = new Set<string>();
  return groups.map((group, index) => {
    const id = taken.has(group.id) ? `${group.id}-${index}` : group.id;
    taken.add(id);
    return { ...group, id };
  });
}
