import type { Policy } from '../contract.ts';

/** Bounds the content in Unicode characters, the unit of NIP-11. */
export function createContentLengthPolicy(contentCharactersMax: number): Policy {
  const message = `the content is longer than ${contentCharactersMax} characters`;
  return {
    name: 'content length',
    check: ({ content }) =>
      isLonger(content, contentCharactersMax) ? { prefix: 'invalid', message, by: 'content length' } : null,
    information: { limitation: { max_content_length: contentCharactersMax } },
  };
}

/** A character takes one or two UTF-16 units, so that only texts between once and twice the bound are counted. */
function isLonger(text: string, charactersMax: number): boolean {
  if (text.length <= charactersMax) return false;
  if (text.length > charactersMax * 2) return true;
  let characters = 0;
  for (let at = 0; at < text.length; characters++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return characters > charactersMax;
}
