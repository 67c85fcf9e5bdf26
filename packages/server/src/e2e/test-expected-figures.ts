import { getAddress, getTagValue, type NostrEvent, parseInvoice, validateZapReceipt } from '@nostrata/protocol';

/** What was counted independently of this program (`events/expected-permissive.json`). */
export interface Expected {
  readonly events: number;
  readonly survivors: number;
  readonly deleted: readonly string[];
  readonly kinds_all: Readonly<Record<string, number>>;
  readonly per_day_all: Readonly<Record<string, number>>;
  readonly authors: number;
  readonly clients_by_tag: readonly (readonly [tag: string, events: number])[];
  readonly followers_top: readonly (readonly [pubkey: string, followers: number])[];
}

/** A zap receipt as it was decoded independently (`events/zap-truth.jsonl.gz`). */
export interface ZapTruth {
  readonly id: string;
  readonly recipient: string;
  readonly sender: string;
  readonly bolt11_msat: string | null;
  readonly request_amount_msat: string | null;
}

/** Says whether nobody but its author may hand on an event (NIP-70): the door takes it from no other relay. */
export function isProtected({ tags }: NostrEvent): boolean {
  return tags.some(([name]) => name === '-');
}

/** Says whether the author of an event asked for its deletion, by its id or by its address up to a time. */
export function isTakenBack(event: NostrEvent, events: readonly NostrEvent[]): boolean {
  const address = getAddress(event);
  return events.some(
    ({ kind, pubkey, tags, created_at }) =>
      kind === 5 &&
      event.kind !== 5 &&
      pubkey === event.pubkey &&
      tags.some(
        ([name, value]) =>
          (name === 'e' && value === event.id) || (name === 'a' && value === address && event.created_at <= created_at),
      ),
  );
}

/**
 * Events by client: the address of its tag, else its name in lower case. A name and an address of the same program are
 * two clients. Counted are those that are left after replacement and deletion.
 */
export function expectedClients(events: readonly NostrEvent[], { deleted }: Expected): Record<string, number> {
  const newest = new Map<string, NostrEvent>();
  for (const event of events) {
    const address = getAddress(event) ?? event.id;
    const known = newest.get(address);
    const isNewer =
      !known || event.created_at > known.created_at || (event.created_at === known.created_at && event.id < known.id);
    if (isNewer) newest.set(address, event);
  }
  const gone = new Set(deleted);
  const counts: Record<string, number> = {};
  for (const { id, tags } of newest.values()) {
    const [, name = '', address = ''] = tags.find(([tag]) => tag === 'client') ?? [];
    const key = [address, name].find((text) => text.startsWith('31990:')) ?? name.toLowerCase().trim();
    if (key !== '' && !gone.has(id)) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** In which order faults are looked for: a receipt is in the class of the first. */
const faultOrder = [
  ...['kind', 'invoice', 'amount-missing', 'amount', 'request', 'request-signature'],
  ...['recipient', 'target', 'zapper'],
];

/** A zap of more than a million satoshi is not believed. */
const msatMax = 1_000_000_000;

/** What zap figures must be: the decoded amounts, less what is faulty, paid twice, or too much to believe. */
export function expectedZaps(events: readonly NostrEvent[], truth: readonly ZapTruth[]) {
  const receipts = new Map(events.filter(({ kind }) => kind === 9735).map((event) => [event.id, event]));
  const invalid: Record<string, number> = {};
  const zapsByPayment = new Map<string, ZapTruth[]>();
  for (const zap of truth) {
    const receipt = receipts.get(zap.id);
    if (!receipt) throw new Error(`there is no receipt ${zap.id}`);
    const { faults } = validateZapReceipt(receipt);
    const fault = faultOrder.find((candidate) => faults.some((name) => name === candidate));
    if (fault !== undefined) invalid[fault] = (invalid[fault] ?? 0) + 1;
    else {
      const payment = parseInvoice(getTagValue(receipt, 'bolt11') ?? '').paymentHash ?? zap.id;
      zapsByPayment.set(payment, [...(zapsByPayment.get(payment) ?? []), zap]);
    }
  }
  const first = [...zapsByPayment.values()].map((zaps) => zaps.reduce((a, b) => (a.id < b.id ? a : b)));
  const believed = first.filter(({ bolt11_msat }) => Number(bolt11_msat) <= msatMax);
  return {
    invalid,
    counted: believed.length,
    msat: believed.reduce((sum, { bolt11_msat }) => sum + Number(bolt11_msat), 0),
    suspect: first.length - believed.length,
    duplicates: [...zapsByPayment.values()].reduce((sum, zaps) => sum + zaps.length - 1, 0),
  };
}
