import { hostCharactersMax, localCharacters } from './limits.ts';

/** The local part that stands for the domain itself (NIP-05). */
export const rootLocal = '_';

/** A local part that can be registered, or why it cannot. */
export type ParsedLocal =
  | { readonly isValid: true; readonly local: string }
  | { readonly isValid: false; readonly reason: string };

/**
 * Reads a local part that somebody wants: lower-cased, letters, digits and single `-`, `_`, `.` between them. Stricter
 * than NIP-05, which allows any order. Anything but ASCII is refused before lower-casing: the Kelvin sign becomes a `k`.
 */
export function parseLocal(text: string): ParsedLocal {
  const refuse = (reason: string): ParsedLocal => ({ isValid: false, reason });
  if (text === rootLocal) return { isValid: true, local: text };
  if (/[^\x21-\x7e]/.test(text)) return refuse('only the letters a to z, digits, "-", "_" and "." can be used');
  const local = text.toLowerCase();
  const { min, max } = localCharacters;
  if (local.length < min || local.length > max) return refuse(`a name has ${min} to ${max} characters`);
  if (!/^[a-z0-9._-]+$/.test(local)) return refuse('only the letters a to z, digits, "-", "_" and "." can be used');
  if (!/^[a-z0-9].*[a-z0-9]$/.test(local)) return refuse('a name begins and ends with a letter or a digit');
  if (/[._-]{2}/.test(local)) return refuse('"-", "_" and "." stand alone between letters or digits');
  return { isValid: true, local };
}

/** Says whether the text can stand before the `@` of an address of anybody (NIP-05), in lower case. */
export function isAddressLocal(text: string): boolean {
  return /^[a-z0-9._-]{1,64}$/.test(text);
}

/**
 * A host name as it is compared and stored: lower case, ASCII (IDNA), no dot at the end. Undefined for what is none:
 * addresses of the internet protocol in any spelling, ports, single labels, what is longer than a host name can be.
 */
export function parseHost(text: string): string | undefined {
  if (text.length > hostCharactersMax + 1 || /[\s/\\@:?#[\]%]/.test(text)) return undefined;
  const host = URL.parse(`https://${text}/`)?.hostname.replace(/\.$/, '') ?? '';
  const labels = host.split('.');
  if (labels.length < 2 || host.length > hostCharactersMax) return undefined;
  if (!labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label))) return undefined;
  // `URL` has made 0x7f.1 and the like decimal; a top-level domain is never a number.
  return /^\d+$/.test(labels.at(-1) ?? '') ? undefined : host;
}

/** An address of anybody. */
export interface NameAddress {
  readonly local: string;
  readonly host: string;
}

/** Reads `alice@example.com`; a bare host stands for its root name. Undefined for what is no address. */
export function parseNameAddress(text: string): NameAddress | undefined {
  const at = text.lastIndexOf('@');
  const local = at === -1 ? rootLocal : text.slice(0, at);
  const host = parseHost(text.slice(at + 1));
  if (host === undefined || /[^\x21-\x7e]/.test(local)) return undefined;
  const lower = local.toLowerCase();
  return isAddressLocal(lower) ? { local: lower, host } : undefined;
}

/**
 * What a name looks like at a glance: without separators, with characters that are taken for one another made one.
 * `supp0rt`, `s.u.p.p.o.r.t` and `support` look alike.
 */
export function skeletonOf(local: string): string {
  return local
    .replaceAll(/[._-]/g, '')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('0', 'o')
    .replaceAll(/[1i]/g, 'l')
    .replaceAll('5', 's')
    .replaceAll('3', 'e')
    .replaceAll('4', 'a');
}
