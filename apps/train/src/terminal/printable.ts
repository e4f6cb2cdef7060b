/** Text from a file as a terminal may show it: characters that steer a terminal, or that are invisible, are escaped. */
export const printable = (text: string) =>
  text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
