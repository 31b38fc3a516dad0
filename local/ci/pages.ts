import type { JobScript } from './script.js';

/** One picture of a result. */
export interface Page {
  /** The page; of a spreadsheet the sheet. */
  readonly pageNo: number;
  /** The picture's object key. */
  readonly key: string;
  /** Of a spreadsheet: the picture's number in the file and in its sheet, and how many its sheet has. */
  readonly inSheet:
    { readonly picIndex: number; readonly picNum: number; readonly sheetPics: number } | undefined;
}

/** A document as it comes without a script. */
const DEFAULT_PAGES = 3;

/** The part of the document that was asked for, both ends inclusive. */
export interface PageRange {
  readonly startPage: number;
  /** -1 is the last one. */
  readonly endPage: number;
}

/** What comes of a job that succeeds. */
export interface JobResult {
  readonly pages: readonly Page[];
  readonly failed: number;
  /** Pages of the whole source, whatever was asked for. */
  readonly total: number;
  /** Sheets of a spreadsheet. */
  readonly sheets: number | undefined;
}

/** The result of a job that goes by `script`; the last pages are those that fail. */
export function resultOf(script: JobScript, template: string, range: PageRange): JobResult {
  const { sheets } = script;
  const total = sheets?.reduce((sum, pictures) => sum + pictures, 0) ?? script.pages ?? DEFAULT_PAGES;
  const all = sheets === undefined ? documentPages(total, template, range) : sheetPages(sheets, template);
  const failed = Math.min(script.failPages ?? 0, all.length);
  return { pages: all.slice(0, all.length - failed), failed, total, sheets: sheets?.length };
}

/** `${Number}` counts the pictures from 1, `${Page}` is the page of the document (1045/47932). */
function documentPages(total: number, template: string, { startPage, endPage }: PageRange): Page[] {
  const last = endPage === -1 ? total : Math.min(endPage, total);
  const pages: Page[] = [];
  for (let pageNo = startPage; pageNo <= last; pageNo += 1) {
    const key = fill(template, { Number: pages.length + 1, Page: pageNo, SheetID: 1 });
    pages.push({ pageNo, key, inSheet: undefined });
  }
  return pages;
}

function sheetPages(sheets: readonly number[], template: string): Page[] {
  const pages: Page[] = [];
  for (const [index, sheetPics] of sheets.entries()) {
    for (let picNum = 1; picNum <= sheetPics; picNum += 1) {
      const pageNo = index + 1;
      const key = fill(template, { Number: picNum, Page: picNum, SheetID: pageNo });
      pages.push({ pageNo, key, inSheet: { picIndex: pages.length + 1, picNum, sheetPics } });
    }
  }
  return pages;
}

/** The key without a leading slash: an object's key has none, whatever the template says. */
function fill(template: string, values: Readonly<Record<'Number' | 'Page' | 'SheetID', number>>): string {
  return template
    .replaceAll('${Number}', String(values.Number))
    .replaceAll('${Page}', String(values.Page))
    .replaceAll('${SheetID}', String(values.SheetID))
    .replace(/^\//, '');
}
