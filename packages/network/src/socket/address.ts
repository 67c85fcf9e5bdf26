import { classifyRelayUrl, isPublicAddress } from '@nostrata/protocol';

/**
 * Says why a relay URL may not be dialled by its text alone, or undefined. Names are judged again when they are
 * resolved; addresses written as numbers are never resolved and must be judged here.
 */
export function findAddressFault(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || !/^wss?:$/.test(parsed.protocol)) return 'not a relay URL';
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const isAddress = parsed.hostname.startsWith('[') || /^[0-9.]+$/.test(host);
  if (isAddress ? !isPublicAddress(host) : classifyRelayUrl(url).isLocal) return 'a private or local address';
  return undefined;
}
