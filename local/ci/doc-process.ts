import { SOURCE_TYPES } from '../../lib/doc-jobs/source-types.js';
import { invalidArgument } from '../wire/refusal.js';

interface Parameter {
  /** What CI takes when it is left out. */
  readonly fallback: string;
  /** Of a number: its bounds. */
  readonly bounds?: readonly [min: number, max: number];
  /** Of a text: its form, and how that is called. */
  readonly form?: readonly [pattern: RegExp, name: string];
}

/** The documented elements of `DocProcess` (1045/47932 and later pages), in the order of their names. */
const PARAMETERS: Readonly<Record<string, Parameter>> = {
  Comments: { fallback: '0', bounds: [0, 1] },
  DocPassword: { fallback: '' },
  EndPage: { fallback: '-1', bounds: [-1, 1_000_000] },
  ImageDpi: { fallback: '96', bounds: [96, 600] },
  ImageParams: { fallback: '' },
  PageRanges: {
    fallback: '',
    form: [/^[1-9]\d*(?:-[1-9]\d*)?(?:,[1-9]\d*(?:-[1-9]\d*)?)*$/, 'ranges such as 1,2-4'],
  },
  PaperDirection: { fallback: '0', bounds: [0, 1_000_000] },
  PaperSize: { fallback: '0', bounds: [0, 2] },
  PicPagination: { fallback: '0', bounds: [0, 1] },
  Quality: { fallback: '100', bounds: [1, 100] },
  SheetId: { fallback: '0', bounds: [0, 1_000_000] },
  SrcType: { fallback: '', form: [new RegExp(`^(?:${SOURCE_TYPES.join('|')})$`), 'a documented suffix'] },
  StartPage: { fallback: '1', bounds: [1, 1_000_000] },
  TgtType: { fallback: 'jpg' },
  Zoom: { fallback: '100', bounds: [10, 200] },
};

/** The names of the elements, in order. */
export const DOC_PROCESS_ELEMENTS: readonly string[] = Object.keys(PARAMETERS);

/**
 * The value of an element of `DocProcess`, or CI's own where it was left out.
 *
 * @throws Refusal 400 when it is none that is documented. The value is not quoted.
 */
export function docProcessValue(name: string, given: string | undefined): string {
  const { fallback, bounds, form } = PARAMETERS[name] ?? { fallback: '' };
  if (given === undefined) return fallback;
  if (bounds !== undefined) {
    const [min, max] = bounds;
    if (!/^-?\d{1,7}$/.test(given) || Number(given) < min || Number(given) > max) {
      throw invalidArgument(`DocProcess.${name} must be a whole number from ${min} to ${max}.`);
    }
  }
  if (form !== undefined && !form[0].test(given))
    throw invalidArgument(`DocProcess.${name} must be ${form[1]}.`);
  return given;
}
