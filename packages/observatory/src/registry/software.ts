import { cutText } from '@nostrata/protocol';

/** A relay software under the one spelling by which relays are grouped. */
export interface Software {
  /** `github.com/hoytech/strfry` for addresses of code, else the lower-case word. */
  readonly key: string;
  /** The short name: the last part of the address, in lower case. */
  readonly name: string;
}

const charactersMax = 100;

/** Addresses and words that mean the same software: renamed, moved, or written without the address. */
const twins: Readonly<Record<string, string>> = {
  strfry: 'github.com/hoytech/strfry',
  nostream: 'github.com/cameri/nostream',
  'github.com/cameri/nostr-ts-relay': 'github.com/cameri/nostream',
  'nostr-rs-relay': 'git.sr.ht/~gheartsfield/nostr-rs-relay',
  'sr.ht/~gheartsfield/nostr-rs-relay': 'git.sr.ht/~gheartsfield/nostr-rs-relay',
  'github.com/scsibug/nostr-rs-relay': 'git.sr.ht/~gheartsfield/nostr-rs-relay',
  khatru: 'github.com/fiatjaf/khatru',
  'github.com/fiatjaf/khatru-pyramid': 'github.com/github-tijlxyz/khatru-pyramid',
  'nostr-relay-nestjs': 'github.com/codytseng/nostr-relay-nestjs',
  haven: 'github.com/bitvora/haven',
  'github.com/barrydeen/haven': 'github.com/bitvora/haven',
};

/** Words that stand where nobody filled anything in. */
const blanks: ReadonlySet<string> = new Set(['', '...', 'n/a', 'none', 'null', 'undefined', 'unknown', 'software']);

/**
 * Reads the field `software` of an information document (NIP-11): without `git+`, scheme, `.git`, slashes at the end,
 * query and upper case. Undefined where it says nothing.
 */
export function parseSoftware(text: unknown): Software | undefined {
  const whole = cutText(text, charactersMax)?.trim().toLowerCase();
  if (whole === undefined) return undefined;
  const bare = whole
    .replace(/^git\+/, '')
    .replace(/^(?:git@([^:/]+):|(?:https?|git|ssh):\/\/(?:[^@/]*@)?(?:www\.)?)/, (_, host?: string) =>
      host ? `${host}/` : '',
    )
    .replace(/[?#].*$/, '')
    .replace(/\/(?:tree|blob|releases|commit)\/.*$/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  // Control characters are no part of a name, and a database does not take all of them.
  const clean = bare.replace(/[\u0000-\u001f\u007f]/g, '');
  if (blanks.has(clean)) return undefined;
  const key = twins[clean] ?? clean;
  return { key, name: key.split('/').at(-1) ?? key };
}
