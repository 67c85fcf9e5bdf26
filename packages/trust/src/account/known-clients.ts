/** A client name that says who writes: a program, or a bridge from another network. */
export interface KnownClient {
  readonly is: 'bot' | 'bridge';
  /** What the program does, to be said of an account. */
  readonly reason: string;
}

/**
 * Names of `client` tags (NIP-89) that say that nobody writes by hand. A tag is the author's word and may be missing or
 * made up: what is here is a sign. Names are in lower case, without what follows a space, a slash or a version.
 */
const knownClients: ReadonlyMap<string, KnownClient> = new Map([
  ['mostr', { is: 'bridge', reason: 'Mostr carries accounts of the Fediverse over' }],
  ['rsslay', { is: 'bot', reason: 'rsslay writes the entries of RSS feeds as notes' }],
  ['rssnotes', { is: 'bot', reason: 'rssnotes writes the entries of RSS feeds as notes' }],
  ['atomstr', { is: 'bot', reason: 'atomstr writes the entries of RSS and Atom feeds as notes' }],
  ['nostrifeed', { is: 'bot', reason: 'NostriFeed writes the headlines of RSS feeds as notes' }],
  ['nostrss', { is: 'bot', reason: 'nostrss writes the entries of RSS feeds as notes' }],
]);

/** What is known of the client that a `client` tag names; a name with the word "bot" in it says it itself. */
export function findKnownClient(name: string): KnownClient | undefined {
  const normalized = name.normalize('NFC').trim().toLowerCase().slice(0, clientCharactersMax);
  const [first = ''] = normalized.split(/[\s/]/, 1);
  const known = knownClients.get(first);
  if (known) return known;
  const isBot = normalized.split(/[^\p{L}]+/u).includes('bot');
  return isBot ? { is: 'bot', reason: 'its name says that it is a bot' } : undefined;
}

const clientCharactersMax = 64;
