import { Resolver } from 'node:dns/promises';
import { DnsError, type DnsFault, type DnsLookup } from './dns.ts';
import { limits } from './limits.ts';

/** How DNS is asked. */
export interface DnsLookupOptions {
  /** Address of a name server, `9.9.9.9` or `127.0.0.1:5353`; those of the machine unless told. */
  readonly server?: string | undefined;
  /** Milliseconds of the first try; later ones have longer. */
  readonly timeoutMs?: number | undefined;
  readonly tries?: number | undefined;
}

const faults: Readonly<Record<string, DnsFault>> = {
  ENOTFOUND: 'no-such-name',
  ESERVFAIL: 'servfail',
  EREFUSED: 'refused',
  ENOTIMP: 'refused',
  ETIMEOUT: 'timeout',
  ECANCELLED: 'timeout',
  EBADRESP: 'malformed',
  EFORMERR: 'malformed',
  EBADNAME: 'malformed',
};

const sentences: Readonly<Record<DnsFault, string>> = {
  'no-such-name': 'there is no such name',
  servfail: 'the name server could not answer (SERVFAIL)',
  refused: 'the name server refused to answer',
  timeout: 'no name server answered in time',
  unreachable: 'no name server could be reached',
  malformed: 'the answer of the name server was malformed',
};

/**
 * Asks a recursive name server over UDP, and over TCP where the answer is too long. Every look-up has a channel of its
 * own: nothing is cached here, and the end of one does not end others.
 * @throws RangeError where the server is not an address
 */
export function createDnsLookup({ server, timeoutMs, tries }: DnsLookupOptions = {}): DnsLookup {
  checkServer(server);
  return {
    async txt(name, signal) {
      if (signal?.aborted) throw new DnsError('timeout', sentences.timeout);
      const resolver = new Resolver({ timeout: timeoutMs ?? limits.dnsTimeoutMs, tries: tries ?? limits.dnsTries });
      if (server !== undefined) resolver.setServers([server]);
      const cancel = (): void => resolver.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      try {
        const records = await resolver.resolveTxt(name);
        return records.slice(0, limits.txtRecordsMax).map((texts) => texts.join(''));
      } catch (cause) {
        return explain(cause);
      } finally {
        signal?.removeEventListener('abort', cancel);
      }
    },
  };
}

/** A wrong setting is told when it is read, not at the first look-up. */
function checkServer(server: string | undefined): void {
  if (server === undefined) return;
  try {
    new Resolver().setServers([server]);
  } catch (cause) {
    throw new RangeError(`${JSON.stringify(server)} is not the address of a name server, such as 9.9.9.9`, { cause });
  }
}

/** The answer of a name without such records is an answer; what else goes wrong is thrown by kind. */
function explain(cause: unknown): readonly string[] {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENODATA') return [];
  const fault = faults[code] ?? 'unreachable';
  throw new DnsError(fault, sentences[fault], { cause });
}
