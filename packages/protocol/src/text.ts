/**
 * Text from outside, cut after so many UTF-16 units, never through a character. For words that stay useful when they are
 * cut. Undefined for what is no text or has nothing in it.
 */
export function cutText(value: unknown, charactersMax: number): string | undefined {
  const text = cleanText(value);
  if (text === undefined || text.length <= charactersMax) return text;
  const code = text.charCodeAt(charactersMax - 1);
  return text.slice(0, code >= 0xd800 && code < 0xdc00 ? charactersMax - 1 : charactersMax);
}

/** Text from outside, left out where it is longer. For URLs and addresses, of which a part is worth nothing. */
export function wholeText(value: unknown, charactersMax: number): string | undefined {
  const text = cleanText(value);
  return text !== undefined && text.length <= charactersMax ? text : undefined;
}

/** Takes out what cannot be stored and shown: NUL (PostgreSQL has no place for it), half surrogates, outer white space. */
function cleanText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.replaceAll('\0', '').toWellFormed().trim();
  return text === '' ? undefined : text;
}
