import { parseBucketName, parseRegion } from '../../lib/domain/names.js';
import { invalidArgument, Refusal } from '../wire/refusal.js';
import { MalformedXml, readXml, type XmlInput } from '../xml/read.js';
import { readCallback, type CallbackChoice } from './callback-request.js';
import { DOC_PROCESS_ELEMENTS, docProcessValue } from './doc-process.js';
import type { JobRequest } from './job.js';
import type { PageRange } from './pages.js';

/** CI prints the "all pages" of a request, -1, as one more than a document can have (CreateDocProcessJobs, example). */
const ALL_PAGES_SHOWN = '5001';

/** What each element can hold, in any documented request. Others are refused, so that a misspelt option is found here. */
const ELEMENTS = {
  Request: [
    'Tag',
    'Input',
    'Operation',
    'QueueId',
    'CallBack',
    'CallBackFormat',
    'CallBackType',
    'CallBackMqConfig',
  ],
  Input: ['Object'],
  Operation: ['DocProcess', 'Output', 'UserData', 'JobLevel'],
  Output: ['Region', 'Bucket', 'Object'],
  DocProcess: DOC_PROCESS_ELEMENTS,
  CallBackMqConfig: ['MqRegion', 'MqMode', 'MqName'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** CI's pages about media jobs: printable ASCII, up to 1,024 characters. */
const USER_DATA = /^[ -~]{1,1024}$/;

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
  const input = required(root, 'Input');
  const given = childOf(operation, 'DocProcess');
  checkElements(root, 'Request');
  checkElements(input, 'Input');
  checkElements(operation, 'Operation');
  checkElements(output, 'Output');
  checkElements(given, 'DocProcess');
  checkMessageQueue(root);
  const value = (name: string): string =>
    docProcessValue(name, given === undefined ? undefined : textOf(given, name));

  const bucket = parseBucketName(requiredText(output, 'Bucket'));
  const region = parseRegion(requiredText(output, 'Region'));
  if (bucket === undefined) throw invalidArgument('Output.Bucket must be a bucket name with its APPID.');
  if (region === undefined) throw invalidArgument('Output.Region must be a region.');
  const targetType = value('TgtType');
  const range = { startPage: Number(value('StartPage')), endPage: Number(value('EndPage')) };
  if (range.endPage !== -1 && range.endPage < range.startPage) {
    throw invalidArgument('EndPage must not be before StartPage.');
  }
  const jobLevel = textOf(operation, 'JobLevel') ?? '0';
  if (!/^[012]$/.test(jobLevel)) throw invalidArgument('Operation.JobLevel must be 0, 1 or 2.');
  const userData = textOf(operation, 'UserData');
  if (userData !== undefined && !USER_DATA.test(userData)) {
    throw invalidArgument('Operation.UserData must be printable ASCII of 1,024 characters at most.');
  }
  const shown = (name: string): string =>
    name === 'EndPage' && range.endPage === -1 ? ALL_PAGES_SHOWN : value(name);
  return {
    request: {
      object: requiredText(input, 'Object'),
      docProcess: DOC_PROCESS_ELEMENTS.map((name) => [name, shown(name)] as const),
      // "If the format is not recognized, jpg is used."
      targetType: targetType === 'png' || targetType === 'pdf' ? targetType : 'jpg',
      output: { bucket, region, object: requiredText(output, 'Object') },
      userData,
      jobLevel,
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

function checkElements(element: XmlInput | undefined, name: keyof typeof ELEMENTS): void {
  const known: readonly string[] = ELEMENTS[name];
  const unknown = element?.children.find((child) => !known.includes(child.name));
  if (unknown !== undefined) throw invalidArgument(`${name} has the unknown element ${unknown.name}.`);
}

/** The documented elements of a callback by message queue. */
function checkMessageQueue(root: XmlInput): void {
  const mqConfig = childOf(root, 'CallBackMqConfig');
  checkElements(mqConfig, 'CallBackMqConfig');
  if (textOf(root, 'CallBackType') !== 'TDMQ') return;
  if (mqConfig === undefined) throw invalidArgument('CallBackMqConfig is missing.');
  requiredText(mqConfig, 'MqRegion');
  requiredText(mqConfig, 'MqName');
  if (!/^(?:Queue|Topic)$/.test(requiredText(mqConfig, 'MqMode'))) {
    throw invalidArgument('CallBackMqConfig.MqMode must be Queue or Topic.');
  }
}
