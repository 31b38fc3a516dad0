import { createHash } from 'node:crypto';
import { Markup, markup } from './markup.js';
import { BASE_STYLE } from './style.js';

/** What a page consists of. */
export interface Frame {
  readonly title: string;
  /** What the page needs beside the style that all share. */
  readonly style: string;
  readonly script?: string;
  /** Where pictures come from, as the content security policy names it: origins, or `data:`. */
  readonly imageSources: readonly string[];
  readonly header: Markup;
  readonly main: Markup;
  readonly footer: Markup;
}

/**
 * A self-contained HTML page. Its content security policy lets nothing in but its own style and script, by their digests, and pictures from the
 * places that are named: even markup that got through unescaped could load and run nothing.
 */
export function htmlPage({ title, style, script, imageSources, header, main, footer }: Frame): string {
  const wholeStyle = `${BASE_STYLE}${style}`;
  const policy = [
    "default-src 'none'",
    `style-src '${digestOf(wholeStyle)}'`,
    ...(script === undefined ? [] : [`script-src '${digestOf(script)}'`]),
    ...(imageSources.length === 0 ? [] : [`img-src ${imageSources.join(' ')}`]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  // Ours, and free of what would end their elements: not escaped, or the digests would not be theirs.
  const own = new Markup(
    `<style>${wholeStyle}</style>${script === undefined ? '' : `<script>${script}</script>`}`,
  );
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>${title}</title>
${own}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">${header}</header>
<main id="main" tabindex="-1">${main}</main>
<footer class="end">${footer}</footer>
</body>
</html>
`.text;
}

/** A source of the policy for an inline element (CSP Level 3, §2.3.1). */
function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
