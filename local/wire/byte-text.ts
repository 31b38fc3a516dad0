/**
 * A request line and its headers are bytes. Node hands them over as text with one character a byte (latin1), called *byte text* here: what is
 * signed, compared and hashed stays byte text, so that nothing is lost by decoding too early.
 */

/** Percent-encodes each byte but `A-Z a-z 0-9 - _ . ~`, in upper-case hex (COS "Request Signature", UrlEncode). */
export function percentEncode(byteText: string): string {
  return byteText.replace(
    /[^A-Za-z0-9\-_.~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** The byte text that `text` stands for, a `+` staying one; undefined when an escape is malformed. */
export function percentDecode(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Byte text as the UTF-8 it holds; undefined when it is not UTF-8. */
export function fromByteText(byteText: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(byteText, 'latin1'));
  } catch {
    return undefined;
  }
}

/** `text` in UTF-8, as byte text. */
export function toByteText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
