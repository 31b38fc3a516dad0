import { MAX_KEY_BYTES, objectKeyProblem } from './object-key.js';
import type { SourceKind } from './source-types.js';

/** What CI fills in (1045/47932, `Output.Object`): the picture counted from 1, the page, and the sheet; each as long as it can become. */
const LONGEST: Readonly<Record<string, string>> = {
  '${Number}': '5000',
  '${Page}': '5000',
  '${SheetID}': '1000000',
};

const PLACEHOLDER = /\$\{[^}]*\}/g;

/** What decides over a template. */
export interface TemplateUse {
  readonly kind: SourceKind;
  /** A PDF is one file: its template keeps no pictures apart. */
  readonly isOneFile: boolean;
}

/** Everything that is wrong with `Output.Object`, a clause each. A leading slash is taken: CI's own examples have one. */
export function templateProblems(template: string, { kind, isOneFile }: TemplateUse): readonly string[] {
  const problems: string[] = [];
  const names = Array.from(template.matchAll(PLACEHOLDER), ([name]) => name);
  if (names.some((name) => !Object.hasOwn(LONGEST, name))) {
    problems.push(`has an unknown placeholder: CI knows \${Number}, \${Page} and \${SheetID}`);
  }
  if (!isOneFile && !names.includes('${Number}') && !names.includes('${Page}')) {
    problems.push('must contain ${Number} or ${Page}, or all pictures would have one key');
  }
  if (!isOneFile && kind === 'spreadsheet' && !names.includes('${SheetID}')) {
    problems.push('must contain ${SheetID} for a spreadsheet, or its sheets would share keys');
  }
  const longest = withoutLeadingSlash(template).replace(PLACEHOLDER, (name) => LONGEST[name] ?? '');
  if (longest.includes('${')) problems.push('has a "${" that is never closed');
  const keyProblem = objectKeyProblem(longest);
  if (keyProblem !== undefined) {
    const tooLong = Buffer.byteLength(longest) > MAX_KEY_BYTES;
    problems.push(tooLong ? `can become longer than the ${MAX_KEY_BYTES} bytes of a COS key` : keyProblem);
  }
  if (longest.split('/').some((segment) => segment === '.' || segment === '..')) {
    problems.push('must not have "." or ".." as a segment');
  }
  return problems;
}

/** A key has no leading slash, whatever the template says. */
export function withoutLeadingSlash(template: string): string {
  return template.startsWith('/') ? template.slice(1) : template;
}

/** What every key that comes of `template` begins with: all that stands before its first placeholder. */
export function fixedBeginning(template: string): string {
  const key = withoutLeadingSlash(template);
  const at = key.indexOf('${');
  return at === -1 ? key : key.slice(0, at);
}
