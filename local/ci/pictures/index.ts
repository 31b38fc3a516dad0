import { digestsOf, type Digests } from '../../cos/stored-object.js';
import type { JobRequest } from '../job.js';
import type { Page } from '../pages.js';
import { jpeg, jpegPart, type JpegPart } from './jpeg.js';
import { sectionsOf, type Section, type Subject } from './page.js';
import { EMPTY_PAGE } from './pdf.js';
import { png, pngPart, type PngPart } from './png.js';

/** The content of one picture of a result. */
export interface Picture {
  readonly body: Uint8Array;
  readonly digests: Digests;
  readonly contentType: string;
}

/**
 * Parts that are kept for the next picture: those of the last few hundred documents. Pages share all but their numbers, so that thousands are
 * painted in the time that it takes to write them to disk.
 */
const MOST_KEPT = 512;

const pngParts = new Map<string, PngPart>();
const jpegParts = new Map<string, JpegPart>();

/** The picture of one page of a job: a page with the document's name and its number, or a part of a sheet. */
export function pictureOf({ object, targetType }: JobRequest, page: Page): Picture {
  switch (targetType) {
    case 'pdf':
      return EMPTY_PAGE;
    case 'png':
      return picture('image/png', png(partsOf(subjectOf(object, page), pngParts, pngPart)));
    case 'jpg':
      return picture('image/jpeg', jpeg(partsOf(subjectOf(object, page), jpegParts, jpegPart)));
  }
}

function subjectOf(object: string, { pageNo, inSheet }: Page): Subject {
  const name = object.slice(object.lastIndexOf('/') + 1);
  return { name, isSheet: inSheet !== undefined, pageNo, picNum: inSheet?.picNum ?? 1 };
}

function partsOf<Part>(
  subject: Subject,
  kept: Map<string, Part>,
  encode: (canvas: ReturnType<Section['paint']>) => Part,
): readonly Part[] {
  return sectionsOf(subject).map(({ name, paint }) => {
    const known = kept.get(name);
    if (known !== undefined) return known;
    if (kept.size >= MOST_KEPT) kept.clear();
    const part = encode(paint());
    kept.set(name, part);
    return part;
  });
}

function picture(contentType: string, body: Buffer): Picture {
  return { body, digests: digestsOf(body), contentType };
}
