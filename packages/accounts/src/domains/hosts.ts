import { isIP } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { Problem } from '@nostrata/http';
import { parse } from 'tldts';
import { limits } from './limits.ts';
import { findConfusion } from './scripts.ts';

/** What is the installation's own and cannot be claimed. */
export interface OwnHosts {
  /** The public origin: `https://example.com`. */
  readonly origin: string;
  /** Hosts under which the installation gives names itself. */
  readonly managedHosts: readonly string[];
  /** Whether names outside of the public DNS (`nas.home.arpa`, `shop.internal`) can be claimed too: for trials. */
  readonly allowsLocal?: boolean | undefined;
}

/** What people write in a host: letters, marks, digits, hyphens and dots, in the forms that IDNA reads as a dot too. */
const written = /^[\p{L}\p{M}\p{N}.\-·。．｡]+$/u;

/**
 * Reads the host of a domain as DNS has it: A-labels in lower case without the last dot. No address, port, path or
 * underscore; no label that mixes scripts or is made of letters that look like others.
 * @throws Problem 400 `bad-host`
 */
export function parseHost(text: string): string {
  const refuse = (why: string): Problem => new Problem(400, 'bad-host', why);
  if (text.length > 255 || !written.test(text)) {
    throw refuse('a domain is letters, digits, hyphens and dots: no port, path or address');
  }
  const host = domainToASCII(text).replace(/\.$/, '');
  // Text without any letter, and `0x7f.1`, are IPv4 addresses for browsers.
  if (host === '' || isIP(host) !== 0 || isIP(text) !== 0) throw refuse('that is not a domain name');
  if (host.length > limits.hostCharsMax) throw refuse(`a domain has ${limits.hostCharsMax} characters at most`);
  const labels = host.split('.');
  if (labels.length < 2) throw refuse('a domain has at least two parts, such as example.com');
  for (const label of labels) {
    if (label.length > limits.labelCharsMax || !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label)) {
      throw refuse('a part of the domain is empty, too long, or begins or ends with a hyphen');
    }
  }
  const unicode = toUnicode(host).split('.');
  if (domainToASCII(unicode.join('.')) !== host || unicode.some((label) => label.startsWith('xn--'))) {
    throw refuse('a part of the domain is not well encoded');
  }
  const isAscii = !labels.at(-1)?.startsWith('xn--');
  for (const [index, label] of unicode.entries()) {
    const confusion = findConfusion(label, isAscii && index < unicode.length - 1);
    if (confusion !== undefined) throw refuse(`${label} ${confusion}`);
  }
  return host;
}

/** The host as people read it. */
export function toUnicode(host: string): string {
  return domainToUnicode(host);
}

/**
 * Refuses hosts that nobody can own here: public suffixes, names that are not in the public DNS, and what is the
 * installation's own, the parents of those included. What is below a suffix of the list's private section
 * (`somebody.github.io`) is somebody's and can be claimed; the suffix (`github.io`) cannot.
 * @throws Problem 422
 */
export function checkClaimable(host: string, own: OwnHosts): void {
  const { publicSuffix, domain, isIcann, isPrivate } = parse(host, {
    allowPrivateDomains: true,
    extractHostname: false,
  });
  const isSpecial = publicSuffix === 'onion' || host.endsWith('.arpa');
  const isPublic = !isSpecial && (isIcann === true || isPrivate === true);
  if (!isPublic && own.allowsLocal !== true) {
    throw new Problem(422, 'host-not-public', `${host} is not under a public suffix`);
  }
  if (isPublic && domain === null)
    throw new Problem(422, 'host-public-suffix', `${host} is a public suffix: nobody owns it alone`);
  const mine = [new URL(own.origin).hostname, ...own.managedHosts].map((one) => one.toLowerCase());
  if (mine.some((one) => one === host || one.endsWith(`.${host}`))) {
    throw new Problem(422, 'host-own', `${host} belongs to this installation`);
  }
}
