import { type Outgoing, OutgoingError } from '@nostrata/http';
import type { AccountsMetrics, Clock } from '../contract.ts';
import { DnsError, type DnsFault, type DnsLookup } from './dns.ts';
import { limits } from './limits.ts';
import type { Proof } from './proof.ts';

/** What one name server said. */
export type DnsEvidence =
  | { readonly kind: 'records'; readonly values: readonly string[] }
  | { readonly kind: 'fault'; readonly fault: DnsFault; readonly message: string };

/** What the web server of the domain said. */
export type FileEvidence =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  /** It answered, and there is no such file. */
  | { readonly kind: 'absent'; readonly message: string }
  | { readonly kind: 'unknown-host'; readonly message: string }
  | { readonly kind: 'fault'; readonly message: string };

/** What was seen of a host at one moment: the same for everybody who claims it. */
export interface Evidence {
  /** One for each name server, in their order. */
  readonly dns: readonly DnsEvidence[];
  readonly file: FileEvidence;
}

/** What looking needs. */
export interface LookParts {
  /** Name servers that do not share a cache. With two or more, two have to say the same. */
  readonly lookups: readonly DnsLookup[];
  readonly outgoing: Outgoing;
  readonly clock: Clock;
  readonly metrics?: AccountsMetrics | undefined;
}

/** Looks for proofs at a host, in DNS and in its file. Never throws for what others' servers do. */
export type Look = (proof: Pick<Proof, 'txtName' | 'fileUrl'>) => Promise<Evidence>;

/** Creates it. */
export function createLook({ lookups, outgoing, clock, metrics }: LookParts): Look {
  return async ({ txtName, fileUrl }) => {
    const controller = new AbortController();
    const stop = clock.after(limits.lookMs, () => controller.abort());
    try {
      const [file, ...dns] = await Promise.all([
        readFile(outgoing, fileUrl, metrics),
        ...lookups.map((lookup) => readTxt(lookup, txtName, { signal: controller.signal, metrics })),
      ]);
      return { dns, file };
    } finally {
      stop();
    }
  };
}

interface Reading {
  readonly signal: AbortSignal;
  readonly metrics: AccountsMetrics | undefined;
}

async function readTxt(lookup: DnsLookup, name: string, { signal, metrics }: Reading): Promise<DnsEvidence> {
  try {
    return { kind: 'records', values: await lookup.txt(name, signal) };
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    if (error.fault !== 'no-such-name') metrics?.failed?.(`domain-dns-${error.fault}`);
    return { kind: 'fault', fault: error.fault, message: error.message };
  }
}

async function readFile(outgoing: Outgoing, url: string, metrics?: AccountsMetrics): Promise<FileEvidence> {
  try {
    const request = { timeoutMs: limits.lookMs, bytesMax: limits.fileBytesMax };
    const { status, body } = await outgoing(url, request);
    if (status >= 300 && status < 400)
      return { kind: 'absent', message: 'answered with a redirect, and none is followed' };
    if (status === 200) return { kind: 'lines', lines: readLines(body) };
    // Too many requests and faults of the server say nothing about the file.
    const kind = status === 429 || status >= 500 ? 'fault' : 'absent';
    return { kind, message: `answered with status ${status}` };
  } catch (error) {
    if (!(error instanceof OutgoingError)) throw error;
    metrics?.failed?.(`domain-file-${error.fault}`);
    return explain(error);
  }
}

function explain({ fault, message }: OutgoingError): FileEvidence {
  switch (fault) {
    case 'redirect':
      return { kind: 'absent', message: 'answered with a redirect, and none is followed' };
    case 'too-large':
      return { kind: 'absent', message: `is longer than ${limits.fileBytesMax} bytes` };
    case 'unknown-host':
      return { kind: 'unknown-host', message: 'has no address' };
    case 'refused':
    case 'unreachable':
    case 'tls':
    case 'timeout':
      return { kind: 'fault', message: `could not be read: ${message}` };
  }
}

function readLines(body: Uint8Array): string[] {
  const lines = new TextDecoder().decode(body).split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}
