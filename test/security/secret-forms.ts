/** Fewer characters of Base64 than this can be found by chance. */
const LEAST_PIECE = 8;

/**
 * The forms in which a secret can stand in a text: as it is, percent-encoded, in hex, in Base64 (of both alphabets, wherever in a longer text it
 * begins), and the same escaped as JSON has it.
 */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const percent = encodeURIComponent(secret);
  const pieces = [0, 1, 2].flatMap((offset) => {
    // What encodes the neighbours too is cut off: of three bytes each, the first group and the last.
    const before = Buffer.alloc(offset);
    const whole = Buffer.concat([before, bytes]);
    const from = offset === 0 ? 0 : 4;
    const piece = whole
      .subarray(0, whole.length - (whole.length % 3))
      .toString('base64')
      .slice(from);
    return piece.length < LEAST_PIECE
      ? []
      : [piece, piece.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(piece)];
  });
  const plain = [
    secret,
    percent,
    percent.toLowerCase(),
    encodeURIComponent(percent),
    bytes.toString('hex'),
    ...pieces,
  ];
  return [...new Set([...plain, ...plain.map((form) => JSON.stringify(form).slice(1, -1))])];
}

/** Where in `places` one of `secrets` stands, by the names of both: nothing that is found is itself a secret. */
export function leaksIn(
  places: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const forms = formsOf(secret);
    return Object.entries(places)
      .filter(([, text]) => forms.some((form) => text.includes(form)))
      .map(([place]) => `${name} in ${place}`);
  });
}
