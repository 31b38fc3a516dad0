/** What CI converts from, by the suffix of the source document's key (CreateDocProcessJobs, 1045/47932). */
// prettier-ignore
const PRESENTATIONS = ['pptx', 'ppt', 'pot', 'potx', 'pps', 'ppsx', 'dps', 'dpt', 'pptm', 'potm', 'ppsm'];
const TEXTS = ['doc', 'dot', 'wps', 'wpt', 'docx', 'dotx', 'docm', 'dotm'];
// prettier-ignore
const SPREADSHEETS = ['xls', 'xlt', 'et', 'ett', 'xlsx', 'xltx', 'csv', 'xlsb', 'xlsm', 'xltm', 'ets'];
// prettier-ignore
const OTHERS = [
  'pdf', 'lrc', 'c', 'cpp', 'h', 'asm', 's', 'java', 'asp', 'bat', 'bas', 'prg', 'cmd', 'rtf', 'txt', 'log', 'xml', 'htm', 'html',
];

/** Every documented type, for `SrcType`: what a document is whose key has no suffix. */
export const SOURCE_TYPES: readonly string[] = [...PRESENTATIONS, ...TEXTS, ...SPREADSHEETS, ...OTHERS];

/** The kind of document, as far as it decides over options and output keys; undefined where the suffix is none that is documented. */
export type SourceKind = 'spreadsheet' | 'pages' | undefined;

/** What a document is by its `SrcType`, where it has one, or the suffix of its key. */
export function sourceKindOf(object: string, sourceType: string | undefined): SourceKind {
  const suffix = sourceType ?? object.split('.').slice(1).at(-1)?.toLowerCase();
  const isOneOf = (types: readonly (string | undefined)[]): boolean => types.includes(suffix);
  if (isOneOf(SPREADSHEETS)) return 'spreadsheet';
  return isOneOf(SOURCE_TYPES) ? 'pages' : undefined;
}
