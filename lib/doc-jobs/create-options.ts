import * as v from 'valibot';
import { parseQueueId } from '../domain/names.js';
import { SOURCE_TYPES, sourceKindOf } from './source-types.js';

/** The documented options of CreateDocProcessJobs (1045/47932, 436/54084, the SDKs). What is left out, CI decides. */
export interface DocJobOptions {
  /** `SrcType`: what the document is, if its key has no suffix. */
  readonly sourceType?: string;
  /** `TgtType`; CI's default is `jpg`. */
  readonly targetType?: 'jpg' | 'png' | 'pdf';
  /** `StartPage`, from 1, CI's default; of a spreadsheet a page of the sheet. */
  readonly startPage?: number;
  /** `EndPage`, inclusive; -1, CI's default, is the last page. */
  readonly endPage?: number;
  /** `PageRanges`, such as `1,2-4,7`, instead of a start and an end. */
  readonly pageRanges?: string;
  /** `SheetId`: the sheet of a spreadsheet; 0, CI's default, is all of them. */
  readonly sheetId?: number;
  /** `PaperDirection` of a spreadsheet: 0, CI's default, is upright, 1 across. */
  readonly paperDirection?: 0 | 1;
  /** `PaperSize` of a spreadsheet: 0, CI's default, is A4, 1 A2, 2 A0. */
  readonly paperSize?: 0 | 1 | 2;
  /** `ImageParams`: image processing that is applied to each picture. */
  readonly imageParams?: string;
  /** `Quality` of the pictures in percent; CI's default is 100. */
  readonly quality?: number;
  /** `Zoom` of the pictures in percent, 10 to 200; CI's default is 100. */
  readonly zoom?: number;
  /** `ImageDpi`, 96 to 600; CI's default is 96. */
  readonly imageDpi?: number;
  /** `PicPagination`: 1 makes one long picture of at most 20 pages. */
  readonly picPagination?: 0 | 1;
  /** `DocPassword` of an Office document: a secret. */
  readonly docPassword?: string;
  /** `Comments`: 0, CI's default, hides comments and applies revisions, 1 shows both. */
  readonly comments?: 0 | 1;
  /** `JobLevel`: the higher, the sooner; CI's default is 0. */
  readonly jobLevel?: 0 | 1 | 2;
  /** `QueueId`: the CI queue; CI's documents before 2024 require it. */
  readonly queueId?: string;
  /** `UserData`: comes back with every answer about the job. */
  readonly userData?: string;
  /** `CallBack`: the URL that CI calls at the job's end; `no` turns the queue's callback off. */
  readonly callBack?: string;
  /** `CallBackFormat`; CI's default is `XML`. */
  readonly callBackFormat?: 'XML' | 'JSON';
  /** `CallBackType`; CI's default is `Url`. */
  readonly callBackType?: 'Url' | 'TDMQ';
  /** `CallBackMqConfig`, for `TDMQ`. */
  readonly callBackMqConfig?: {
    readonly mqRegion: string;
    readonly mqMode: 'Queue' | 'Topic';
    readonly mqName: string;
  };
}

/** What an option may be, in words and as a check. */
interface Field {
  readonly expected: string;
  readonly schema: v.GenericSchema;
}

/** CI takes documents of 5,000 pages at most (1250/109275). */
const MAX_PAGE = 5_000;

/** One long picture is made of this many pages at most (1045/47932, `PicPagination`). */
const MAX_PAGES_IN_ONE_PICTURE = 20;

/** CI's pages about media jobs say so of `UserData`: printable ASCII, up to 1,024 characters. Nor may a space be outside: readers of XML drop it. */
const PRINTABLE = text(
  '1 to 1024 printable ASCII characters, no space at either end',
  /^(?=[!-~])[ -~]{0,1023}[!-~]$/,
);

/** TDMQ's regions and names. */
const MqName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/));

/** Each option; the words never quote a value, which may be a secret. */
const FIELDS: Readonly<Record<keyof DocJobOptions, Field>> = {
  sourceType: { expected: 'a suffix that CI documents, such as docx', schema: v.picklist(SOURCE_TYPES) },
  targetType: oneOf('jpg', 'png', 'pdf'),
  startPage: wholeNumber(1, MAX_PAGE),
  endPage: {
    expected: `a whole number from 1 to ${MAX_PAGE}, or -1 for the last page`,
    schema: v.union([v.literal(-1), wholeNumber(1, MAX_PAGE).schema]),
  },
  pageRanges: text(
    'pages and ranges such as 1,2-4,7',
    /^[1-9]\d{0,3}(?:-[1-9]\d{0,3})?(?:,[1-9]\d{0,3}(?:-[1-9]\d{0,3})?){0,199}$/,
  ),
  sheetId: wholeNumber(0, 1_000_000),
  paperDirection: oneOf(0, 1),
  paperSize: oneOf(0, 1, 2),
  imageParams: PRINTABLE,
  quality: wholeNumber(1, 100),
  zoom: wholeNumber(10, 200),
  imageDpi: wholeNumber(96, 600),
  picPagination: oneOf(0, 1),
  // Office documents have passwords of 255 characters at most (ECMA-376, part 1, 18.2.29).
  docPassword: text(
    '1 to 255 characters, no control character and no space at either end',
    /^(?!\s)[^\p{Control}\p{Surrogate}]{1,255}(?<!\s)$/u,
  ),
  comments: oneOf(0, 1),
  jobLevel: oneOf(0, 1, 2),
  queueId: {
    expected: 'the ID of a CI queue',
    schema: v.custom<string>((value) => typeof value === 'string' && parseQueueId(value) !== undefined),
  },
  userData: PRINTABLE,
  callBack: {
    expected: 'an http or https URL, or "no"',
    schema: v.custom<string>((value) => typeof value === 'string' && (value === 'no' || isHttpUrl(value))),
  },
  callBackFormat: oneOf('XML', 'JSON'),
  callBackType: oneOf('Url', 'TDMQ'),
  callBackMqConfig: {
    expected: 'an object with mqRegion, mqMode ("Queue" or "Topic") and mqName',
    schema: v.strictObject({ mqRegion: MqName, mqMode: v.picklist(['Queue', 'Topic']), mqName: MqName }),
  },
};

/** Options that were read, and what is wrong with the rest. */
export interface ReadOptions {
  /** Those that are right by themselves. */
  readonly options: DocJobOptions;
  /** One clause each. None quotes a value: it may be a secret. */
  readonly problems: readonly string[];
}

/**
 * Reads options by their documented ranges, and refuses combinations in which CI would ignore an option or fail. Lists all that is wrong, not only
 * the first.
 *
 * @param object the source document's key, whose suffix tells a spreadsheet
 */
export function readOptions(object: string, given: Readonly<Record<string, unknown>>): ReadOptions {
  const problems: string[] = [];
  const right: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(given)) {
    const field = Object.hasOwn(FIELDS, option) ? FIELDS[option as keyof DocJobOptions] : undefined;
    if (field === undefined) problems.push(`${JSON.stringify(option.slice(0, 40))} is no option`);
    else if (v.is(field.schema, value)) right[option] = value;
    else problems.push(`${option} must be ${field.expected}`);
  }
  // Each was checked by the schema of its name.
  const options = right as DocJobOptions;
  return { options, problems: [...problems, ...conflictsIn(object, options)] };
}

/** Options that cannot go together, by the words of 1045/47932. */
function conflictsIn(object: string, options: DocJobOptions): readonly string[] {
  const { startPage = 1, endPage = -1, pageRanges, picPagination, targetType, callBackType } = options;
  const given = (...names: readonly (keyof DocJobOptions)[]): string =>
    names.filter((name) => options[name] !== undefined).join(', ');
  const conflicts: readonly (readonly [names: string, problem: string])[] = [
    [
      targetType === 'pdf' ? given('startPage', 'endPage', 'pageRanges') : '',
      'cannot be chosen for the targetType pdf, which takes whole documents',
    ],
    [
      targetType === 'pdf' ? given('imageParams', 'quality', 'zoom', 'imageDpi', 'picPagination') : '',
      'is for pictures, not for the targetType pdf',
    ],
    [
      sourceKindOf(object, options.sourceType) === 'pages'
        ? given('sheetId', 'paperDirection', 'paperSize')
        : '',
      'is for spreadsheets only',
    ],
    [pageRanges === undefined ? '' : given('startPage', 'endPage'), 'cannot be given beside pageRanges'],
    [endPage !== -1 && endPage < startPage ? 'endPage' : '', 'must not be before startPage'],
    [
      pageRanges !== undefined && !isAscending(pageRanges) ? 'pageRanges' : '',
      'must ascend without overlaps',
    ],
    [
      picPagination === 1 && pagesAskedFor(options) > MAX_PAGES_IN_ONE_PICTURE ? 'picPagination' : '',
      `makes one picture of ${MAX_PAGES_IN_ONE_PICTURE} pages at most`,
    ],
    [callBackType === 'TDMQ' ? given('callBack') : '', 'cannot be given for the callBackType TDMQ'],
    [callBackType === 'TDMQ' ? '' : given('callBackMqConfig'), 'is for the callBackType TDMQ only'],
    [
      callBackType === 'TDMQ' && options.callBackMqConfig === undefined ? 'callBackMqConfig' : '',
      'is needed for the callBackType TDMQ',
    ],
  ];
  return conflicts.filter(([names]) => names !== '').map(([names, problem]) => `${names} ${problem}`);
}

/** Each range of `1,2-4,7` as its two ends. */
function rangesOf(pageRanges: string): readonly (readonly [first: number, last: number])[] {
  return pageRanges.split(',').map((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return [first, last];
  });
}

function isAscending(pageRanges: string): boolean {
  let before = 0;
  return rangesOf(pageRanges).every(([first, last]) => {
    const ascends = before < first && first <= last && last <= MAX_PAGE;
    before = last;
    return ascends;
  });
}

/** How many pages the options name; zero or less where that depends on the document. */
function pagesAskedFor({ startPage = 1, endPage = 0, pageRanges }: DocJobOptions): number {
  if (pageRanges !== undefined) {
    return rangesOf(pageRanges).reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }
  return endPage - startPage + 1;
}

function wholeNumber(min: number, max: number): Field {
  const schema = v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));
  return { expected: `a whole number from ${min} to ${max}`, schema };
}

function oneOf(...choices: readonly (string | number)[]): Field {
  return { expected: `one of ${choices.join(', ')}`, schema: v.picklist(choices) };
}

function text(expected: string, pattern: RegExp): Field {
  return { expected, schema: v.pipe(v.string(), v.regex(pattern)) };
}

function isHttpUrl(value: string): boolean {
  return value.length <= 1_024 && /^https?:\/\/[!-~]+$/.test(value) && URL.canParse(value);
}
