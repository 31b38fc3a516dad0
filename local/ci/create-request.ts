import { parseBucketName, parseRegion } from '../../lib/domain/names.js';
import { invalidArgument, Refusal } from '../wire/refusal.js';
import { MalformedXml, readXml, type XmlInput } from '../xml/read.js';
import { readCallback, type CallbackChoice } from './callback-request.js';
import type { JobRequest } from './job.js';
import type { PageRange } from './pages.js';

/** CI prints the "all pages" of a request, -1, as one more than a document can have (CreateDocProcessJobs, example). */
const ALL_PAGES_SHOWN = '5001';

interface Parameter {
  /** What CI takes when it is left out. */
  readonly fallback: string;
  /** Of a number: its bounds. */
  readonly bounds?: readonly [min: number, max: number];
}

/** The documented elements of `DocProcess` (1045/47932 and later pages), in the order of their names. */
const PARAMETERS: Readonly<Record<string, Parameter>> = {
  Comments: { fallback: '0', bounds: [0, 1] },
  DocPassword: { fallback: '' },
  EndPage: { fallback: '-1', bounds: [-1, 1_000_000] },
  ImageDpi: { fallback: '96', bounds: [96, 600] },
  ImageParams: { fallback: '' },
  PageRanges: { fallback: '' },
  PaperDirection: { fallback: '0', bounds: [0, 1_000_000] },
  PaperSize: { fallback: '0', bounds: [0, 2] },
  PicPagination: { fallback: '0', bounds: [0, 1] },
  Quality: { fallback: '100', bounds: [1, 100] },
  SheetId: { fallback: '0', bounds: [0, 1_000_000] },
  SrcType: { fallback: '' },
  StartPage: { fallback: '1', bounds: [1, 1_000_000] },
  TgtType: { fallback: 'jpg' },
  Zoom: { fallback: '100', bounds: [10, 200] },
};

/** What a create asks for. */
export interface CreateRequest {
  readonly request: JobRequest;
  readonly range: PageRange;
  readonly queueId: string | undefined;
  readonly callback: CallbackChoice;
}

/**
 * Reads the body of CreateDocProcessJobs.
 *
 * @throws Refusal 400 that says what is missing or wrong.
 */
export function readCreateRequest(body: Buffer): CreateRequest {
  const root = readBody(body, 'Request');
  if (textOf(root, 'Tag') !== 'DocProcess') throw invalidArgument('Tag must be DocProcess.');
  const operation = required(root, 'Operation');
  const output = required(operation, 'Output');
  const given = childOf(operation, 'DocProcess');
  const value = (name: string): string => parameterOf(given, name);

  const bucket = parseBucketName(requiredText(output, 'Bucket'));
  const region = parseRegion(requiredText(output, 'Region'));
  if (bucket === undefined) throw invalidArgument('Output.Bucket must be a bucket name with its APPID.');
  if (region === undefined) throw invalidArgument('Output.Region must be a region.');
  const targetType = value('TgtType');
  const range = { startPage: Number(value('StartPage')), endPage: Number(value('EndPage')) };
  if (range.endPage !== -1 && range.endPage < range.startPage) {
    throw invalidArgument('EndPage must not be before StartPage.');
  }
  const shown = (name: string): string =>
    name === 'EndPage' && range.endPage === -1 ? ALL_PAGES_SHOWN : value(name);
  return {
    request: {
      object: requiredText(required(root, 'Input'), 'Object'),
      docProcess: Object.keys(PARAMETERS).map((name) => [name, shown(name)] as const),
      // "If the format is not recognized, jpg is used."
      targetType: targetType === 'png' || targetType === 'pdf' ? targetType : 'jpg',
      output: { bucket, region, object: requiredText(output, 'Object') },
      userData: textOf(operation, 'UserData'),
      jobLevel: textOf(operation, 'JobLevel') ?? '0',
    },
    range,
    queueId: textOf(root, 'QueueId'),
    callback: readCallback(root),
  };
}

/**
 * A template must keep the pictures apart (1045/47932, `Output.Object`): by `${Number}` or `${Page}`, for spreadsheets by `${SheetID}` as well.
 *
 * @throws Refusal 400 when it does not.
 */
export function checkTemplate({ output: { object }, targetType }: JobRequest, isSpreadsheet: boolean): void {
  if (targetType === 'pdf') return;
  if (!/\$\{(?:Number|Page)\}/.test(object)) {
    throw invalidArgument('Output.Object must contain ${Number} or ${Page}.');
  }
  if (isSpreadsheet && !object.includes('${SheetID}')) {
    throw invalidArgument('Output.Object must contain ${SheetID} for a spreadsheet.');
  }
}

/**
 * Reads the XML body of a CI request.
 *
 * @throws Refusal 400 `MissingContent` or `InvalidContent`.
 */
export function readBody(body: Buffer, root: string): XmlInput {
  if (body.length === 0) throw new Refusal(400, 'MissingContent', 'The request has no body.');
  try {
    const element = readXml(body);
    if (element.name === root) return element;
    throw new MalformedXml(`the root element is <${element.name}>`);
  } catch (error) {
    if (!(error instanceof MalformedXml)) throw error;
    throw new Refusal(400, 'InvalidContent', `The body is not the XML of a <${root}>: ${error.message}.`);
  }
}

/** The text of a child; undefined when it is missing or empty. */
export function textOf(parent: XmlInput, name: string): string | undefined {
  const text = childOf(parent, name)?.text ?? '';
  return text === '' ? undefined : text;
}

function childOf(parent: XmlInput, name: string): XmlInput | undefined {
  const [child, second] = parent.children.filter((one) => one.name === name);
  if (second !== undefined) throw invalidArgument(`${parent.name}.${name} is there more than once.`);
  return child;
}

function required(parent: XmlInput, name: string): XmlInput {
  const child = childOf(parent, name);
  if (child === undefined) throw invalidArgument(`${parent.name}.${name} is missing.`);
  return child;
}

function requiredText(parent: XmlInput, name: string): string {
  const text = textOf(parent, name);
  if (text === undefined) throw invalidArgument(`${parent.name}.${name} is missing.`);
  return text;
}

function parameterOf(docProcess: XmlInput | undefined, name: string): string {
  const { fallback, bounds } = PARAMETERS[name] ?? { fallback: '' };
  const text = (docProcess === undefined ? undefined : textOf(docProcess, name)) ?? fallback;
  if (bounds !== undefined) {
    const [min, max] = bounds;
    if (!/^-?\d{1,7}$/.test(text) || Number(text) < min || Number(text) > max) {
      throw invalidArgument(`DocProcess.${name} must be a whole number from ${min} to ${max}.`);
    }
  }
  return text;
}
