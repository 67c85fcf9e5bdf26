import { findAddressFault } from '@nostrata/network';
import { classifyRelayUrl, normalizeRelayUrl } from '@nostrata/protocol';

/** A relay that the operator wants to be collected from. */
export interface Seed {
  readonly url: string;
  /** Degrees. */
  readonly latitude?: number | undefined;
  readonly longitude?: number | undefined;
}

/** Why a URL may not be in the registry, or the one spelling under which it may. */
export type UrlJudgement =
  | { readonly url: string; readonly fault?: undefined }
  | { readonly url?: undefined; readonly fault: string };

/**
 * Judges a relay URL that strangers wrote, before it is stored or dialled: normalised, of the public Internet, no hidden
 * service (which is not reached without Tor). Names are judged again when they are resolved.
 * @param allowLocal for tests and demonstrations: relays of this machine are relays too
 */
export function judgeRelayUrl(text: string, allowLocal: boolean): UrlJudgement {
  const url = normalizeRelayUrl(text);
  if (url === null) return { fault: 'not a relay URL' };
  if (classifyRelayUrl(url).isOnion) return { fault: 'a hidden service' };
  const fault = allowLocal ? undefined : findAddressFault(url);
  return fault === undefined ? { url } : { fault };
}

/** The domain that somebody registered, by its last two labels; addresses are domains of their own. */
export function domainOf(url: string): string {
  const host = URL.parse(url)?.host ?? url;
  if (/^[[0-9.:\]]+$/.test(host)) return host;
  return host
    .replace(/:[0-9]+$/, '')
    .split('.')
    .slice(-2)
    .join('.');
}
