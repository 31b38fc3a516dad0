/** What our own placeholders in an output template stand for. CI's own (`${Number}`, `${Page}`, `${SheetID}`) stay for CI. */
export interface OutputNames {
  /** The source document's key. */
  readonly object: string;
  readonly targetType: string;
}

/** An output template with `${object}` and `${targetType}` filled in. */
export function fillOutputTemplate(template: string, { object, targetType }: OutputNames): string {
  const name = nameInKey(object);
  return template.replace(/\$\{(object|targetType)\}/g, (_, placeholder) =>
    placeholder === 'object' ? name : targetType,
  );
}

/**
 * A key as part of another key. The whole key stays readable and keeps its folders and its suffix, so that `a.docx` and `a.pdf` do not share a folder.
 * What CI would take for a placeholder, or tools for a path, is percent-encoded, and so is the percent sign: two keys never become one.
 */
export function nameInKey(object: string): string {
  return object
    .replace(/[%$\\]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .split('/')
    .map((segment) =>
      segment === '' ? '%2F' : /^\.{1,2}$/.test(segment) ? segment.replaceAll('.', '%2E') : segment,
    )
    .join('/');
}
