/**
 * Makes the check whether a URL means one of the relay's own (NIP-62). Scheme, letter case of the host, default
 * ports, trailing slashes and a fragment make no difference: who asks this host to forget them means this relay.
 */
export function createOwnRelayCheck(relayUrls: readonly string[] | undefined): (url: string) => boolean {
  const own = new Set((relayUrls ?? []).map(canonicalPlace).filter((place) => place !== null));
  return (url) => {
    const place = canonicalPlace(url);
    return place !== null && own.has(place);
  };
}

/** Host, port where it is not the scheme's own, path and query; null where the text is no relay URL. */
function canonicalPlace(text: string): string | null {
  const trimmed = text.trim();
  const withScheme = /^[a-z]+:\/\//i.test(trimmed) ? trimmed : `wss://${trimmed}`;
  if (!/^(wss?|https?):/i.test(withScheme) || !URL.canParse(withScheme)) return null;
  const { hostname, port, pathname, search } = new URL(withScheme);
  if (hostname === '') return null;
  return `${hostname.replace(/\.$/, '')}:${port}${pathname.replace(/\/+$/, '')}${search}`;
}
