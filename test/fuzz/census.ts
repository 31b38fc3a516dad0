import { readIndependently, type OracleElement } from './read-xml.js';

/** A page as the oracle found it: numbers where they are written as such. */
export interface CensusPage {
  readonly pageNo: number;
  readonly tgtUri: string;
  readonly picIndex: number | null;
  readonly picNum: number | null;
  readonly sheetPics: number | null;
}

/** What a body says about a job, by the oracle's reading. */
export interface Census {
  readonly jobId: string;
  readonly state: string;
  readonly succeeded: number | null;
  readonly pages: readonly CensusPage[];
}

/** The census of a body; null where it is not one well-formed `Response` about a job. */
export function censusOf(body: Uint8Array): Census | null {
  const root = readIndependently(body);
  if (root?.name !== 'Response') return null;
  const detail = named(root, 'JobsDetail').find(({ text, children }) => text !== '' || children.length > 0);
  if (detail === undefined) return null;
  const result = named(detail, 'Operation').flatMap((operation) => named(operation, 'DocProcessResult'))[0];
  return {
    jobId: textOf(detail, 'JobId'),
    state: textOf(detail, 'State'),
    succeeded: result === undefined ? null : numberOf(result, 'SuccPageCount'),
    pages: result === undefined ? [] : named(result, 'PageInfo').map(pageOf),
  };
}

/** Pages as one text, whatever their order. */
export function comparable(pages: readonly CensusPage[]): string {
  return pages.map(textOfPage).sort().join('\n');
}

/** How many pages there are that differ in something. */
export function distinctPages(pages: readonly CensusPage[]): number {
  return new Set(pages.map(textOfPage)).size;
}

function textOfPage({ pageNo, tgtUri, picIndex, picNum, sheetPics }: CensusPage): string {
  return JSON.stringify([pageNo, picIndex, picNum, sheetPics, tgtUri]);
}

function pageOf(page: OracleElement): CensusPage {
  return {
    pageNo: numberOf(page, 'PageNo') ?? Number.NaN,
    tgtUri: textOf(page, 'TgtUri'),
    picIndex: numberOf(page, 'PicIndex'),
    picNum: numberOf(page, 'PicNum'),
    sheetPics: numberOf(page, 'X-SheetPics'),
  };
}

function named(element: OracleElement, name: string): readonly OracleElement[] {
  return element.children.filter((child) => child.name === name);
}

function textOf(element: OracleElement, name: string): string {
  return named(element, name)[0]?.text ?? '';
}

function numberOf(element: OracleElement, name: string): number | null {
  const text = textOf(element, name);
  return text === '' ? null : Number(text);
}
