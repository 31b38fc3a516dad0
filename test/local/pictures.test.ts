import { describe, expect, test } from '@jest/globals';
import { crc32, inflateSync } from 'node:zlib';
import type { JobRequest } from '../../local/ci/job.js';
import type { Page } from '../../local/ci/pages.js';
import { PALETTE } from '../../local/ci/pictures/canvas.js';
import { pictureOf } from '../../local/ci/pictures/index.js';
import { digestsOf } from '../../local/cos/stored-object.js';
import { aBucket, aRegion } from '../support/pending-jobs.js';

function request(targetType: JobRequest['targetType'], object = 'in/report.docx'): JobRequest {
  const output = { bucket: aBucket('pages-1250000000'), region: aRegion('ap-beijing'), object: '${Number}' };
  return { object, docProcess: [], targetType, output, userData: undefined, jobLevel: '0' };
}

const page = (pageNo: number): Page => ({ pageNo, key: `${pageNo}`, inSheet: undefined });
const inSheet = (pageNo: number, picNum: number): Page => ({
  pageNo,
  key: `${pageNo}-${picNum}`,
  inSheet: { picIndex: picNum, picNum, sheetPics: 9 },
});

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/** The chunks of a PNG, each with the right checksum. */
function chunksOf(png: Buffer): readonly Chunk[] {
  expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
  const chunks: Chunk[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.push({ type: body.subarray(0, 4).toString('latin1'), data: body.subarray(4) });
    at += 12 + length;
  }
  return chunks;
}

/** The rows of a PNG of four bits a pixel, each a hexadecimal digit a pixel. */
function rowsOf(png: Buffer): readonly string[] {
  const chunks = chunksOf(png);
  expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND']);
  const [header, palette, data] = chunks.map((chunk) => chunk.data);
  if (header === undefined || palette === undefined || data === undefined)
    throw new Error('checked just above');
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  expect([...palette]).toEqual(PALETTE.flat());
  const raw = inflateSync(data); // checks the Adler-32 of the whole
  const stride = width / 2 + 1;
  expect(raw).toHaveLength(stride * height);
  let above = Buffer.alloc(width / 2);
  return Array.from({ length: height }, (_, y) => {
    const filter = raw[y * stride];
    const bytes = Buffer.from(raw.subarray(y * stride + 1, (y + 1) * stride));
    if (filter === 2) for (const [x, byte] of bytes.entries()) bytes[x] = byte + (above[x] ?? 0);
    else expect(filter).toBe(0);
    above = bytes;
    return bytes.toString('hex');
  });
}

const bodyOf = (asked: JobRequest, one: Page): Buffer => Buffer.from(pictureOf(asked, one).body);

describe('the picture of a page', () => {
  test('is a PNG that shows the name of its document and its number', () => {
    const first = rowsOf(bodyOf(request('png'), page(1)));
    const fifth = rowsOf(bodyOf(request('png'), page(5)));
    const other = rowsOf(bodyOf(request('png', 'in/memo.docx'), page(1)));

    expect(first).toHaveLength(456);
    expect(first[0]).toHaveLength(320);
    const foot = 416;
    expect(first.slice(0, foot)).toEqual(fifth.slice(0, foot));
    expect(first.slice(foot)).not.toEqual(fifth.slice(foot));
    const head = 56;
    expect(first.slice(head)).toEqual(other.slice(head));
    expect(first.slice(0, head)).not.toEqual(other.slice(0, head));
  });

  test('differs from its neighbours in more than its number', () => {
    const bodies = [1, 2, 3, 4].map((number) =>
      rowsOf(bodyOf(request('png'), page(number)))
        .slice(56, 416)
        .join(),
    );
    expect(new Set(bodies).size).toBe(4);
  });

  test('of a spreadsheet is wider than high, and another for each picture of a sheet', () => {
    const rows = [inSheet(1, 1), inSheet(1, 2), inSheet(2, 1)].map((one) =>
      rowsOf(bodyOf(request('png', 'in/a.xlsx'), one)),
    );
    expect(rows[0]).toHaveLength(240);
    expect(new Set(rows.map((one) => one.join())).size).toBe(3);
  });

  test('writes what it has no letters for, and as much of a long name as fits', () => {
    const asked = request('png', `in/${'合同'.repeat(100)}.docx`);
    expect(rowsOf(bodyOf(asked, page(1)))).toHaveLength(456);
  });

  test('is a JPEG of the same size, each row of blocks after the first behind its restart marker', () => {
    const body = bodyOf(request('jpg'), page(1));
    expect(body.subarray(0, 4).toString('hex')).toBe('ffd8ffe0');
    expect(body.subarray(-2).toString('hex')).toBe('ffd9');
    const frame = body.indexOf(Buffer.from('ffc0', 'hex'));
    expect([body.readUInt16BE(frame + 7), body.readUInt16BE(frame + 5)]).toEqual([320, 456]);
    const scan = body.subarray(body.indexOf(Buffer.from('ffda', 'hex')) + 14, -2);
    // In the data a byte of ones is followed by a zero, or it begins a restart marker.
    const markers = Array.from(scan.entries()).flatMap(([at, byte]) =>
      byte === 0xff && scan[at + 1] !== 0 ? [scan[at + 1]] : [],
    );
    expect(markers).toEqual(Array.from({ length: 56 }, (_, index) => 0xd0 + (index % 8)));
  });

  test('is a PDF where one was asked for', () => {
    expect(bodyOf(request('pdf'), page(1)).toString('latin1')).toMatch(/^%PDF-1\.4\n[\s\S]*%%EOF\n$/);
  });

  test.each([
    ['png', 'image/png'],
    ['jpg', 'image/jpeg'],
    ['pdf', 'application/pdf'],
  ] as const)(
    'as %s is of the type %s, and a few kilobytes with right digests',
    (targetType, contentType) => {
      const picture = pictureOf(request(targetType), page(2));
      expect(picture.contentType).toBe(contentType);
      expect(picture.digests).toEqual(digestsOf(picture.body));
      expect(picture.body.length).toBeLessThan(12_000);
    },
  );

  test('is the same again whatever was painted in between', () => {
    const before = bodyOf(request('jpg'), page(7));
    for (let number = 1; number <= 1_200; number += 1) pictureOf(request('jpg'), page(number));
    expect(bodyOf(request('jpg'), page(7)).equals(before)).toBe(true);
  });
});
