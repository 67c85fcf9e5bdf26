/** A piece of a stranger's text: plain, or an address that may be followed. */
export interface TextPiece {
  readonly text: string;
  readonly href?: string | undefined;
}

/** Characters that move or hide what stands around them: controls, and marks that turn the direction of writing. */
const tricks = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
/** More line ends than this in a row only push others away. */
const emptyLines = /\n{3,}/g;

/** A stranger's text as it may be shown: without tricks, cut to a length. */
export function tameText(text: string, charactersMax: number): string {
  // Cut first: a text may be megabytes long.
  const cut = text
    .slice(0, charactersMax * 2)
    .replace(tricks, '')
    .replace(emptyLines, '\n\n');
  const short = [...cut.slice(0, charactersMax)].join('');
  return text.length > charactersMax ? `${short.toWellFormed()}…` : short.toWellFormed();
}

const address = /\bhttps?:\/\/[^\s<>"'`]{1,500}/g;

/** The text in pieces, addresses of the web apart: only http and https, without a user name that could pretend a host. */
export function splitLinks(text: string): readonly TextPiece[] {
  const pieces: TextPiece[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(address)) {
    const href = checkedAddress(found.replace(/[).,;:!?…]+$/, ''));
    if (href === undefined) continue;
    if (index > from) pieces.push({ text: text.slice(from, index) });
    const shown = found.replace(/[).,;:!?…]+$/, '');
    pieces.push({ text: shown, href });
    from = index + shown.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

function checkedAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  return isWeb && url.username === '' && url.password === '' ? url.href : undefined;
}
