/** Unicode's separators, the line ends but \n, the byte order mark and the zero-width space. */
const spaces = /[\p{Z}\r\v\f\u0085\u200b\ufeff]/gu;

/**
 * A text in Unicode's composed form (NFC, UAX #15): é is one character, whether it arrives as one or as e and an accent.
 * @param options.spaces every Unicode space, such as the no-break space, becomes a plain one.
 */
export function normalizeText(text: string, options: { spaces: boolean }): string {
  const composed = text.normalize('NFC');
  return options.spaces ? composed.replace(spaces, ' ') : composed;
}
