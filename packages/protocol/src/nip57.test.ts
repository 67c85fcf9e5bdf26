import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, readJsonLines, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { type NostrEvent, serializeEvent, type Tag } from './event.ts';
import { parseZapShares, validateZapReceipt, type ZapOptions } from './nip57.ts';

const paths = [
  'events/permissive.jsonl.gz',
  'events/zap-truth.jsonl.gz',
  'events/expected-permissive.json',
  'vectors/bolt11-spec-examples.json',
] as const;
const skip = skipWithout(...paths);

interface Truth {
  readonly id: string;
  readonly recipient: string;
  readonly sender: string;
  readonly bolt11_msat: string;
  readonly description_hash: 'match' | 'mismatch' | 'none';
  readonly preimage_matches_payment_hash: boolean | null;
}

const alice = createEventBuilder('alice');
const bob = createEventBuilder('bob');
const server = createEventBuilder('lightning server');
const target = bob.note('zap me');
/** 2,500 µBTC. */
const coffee =
  'lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh';

function zap(requestTags: readonly Tag[] = [], receiptTags: readonly Tag[] = []): NostrEvent {
  const request = alice.event({
    kind: 9734,
    content: 'thanks',
    tags: [['p', bob.pubkey], ['e', target.id], ['k', '1'], ['amount', '250000000'], ...requestTags],
  });
  return receiptOf(serializeEvent(request), receiptTags);
}

function receiptOf(description: string, tags: readonly Tag[] = []): NostrEvent {
  const own = [
    ['p', bob.pubkey],
    ['e', target.id],
    ['P', alice.pubkey],
    ['bolt11', coffee],
    ['description', description],
  ];
  const names = new Set(tags.map(([name]) => name));
  return server.event({ kind: 9735, tags: [...own.filter(([name]) => !names.has(name ?? '')), ...tags] });
}

const faultsOf = (receipt: NostrEvent, options?: ZapOptions) => validateZapReceipt(receipt, options).faults;

test('a receipt says who paid whom, how much and for what', () => {
  assert.deepEqual(validateZapReceipt(zap(), { zapper: server.pubkey }), {
    faults: [],
    remarks: [],
    sender: alice.pubkey,
    recipient: bob.pubkey,
    targetId: target.id,
    targetAddress: undefined,
    targetKind: 1,
    amountMsat: 250_000_000,
    comment: 'thanks',
    isAnonymous: false,
  });
  const address = `30023:${bob.pubkey}:article`;
  const anonymous = validateZapReceipt(zap([['a', address], ['anon']]));
  assert.equal(anonymous.isAnonymous, true);
  assert.deepEqual(anonymous.targetAddress, { kind: 30_023, pubkey: bob.pubkey, identifier: 'article' });
});

test('each fault is found and named', () => {
  const other = createEventBuilder('carol').pubkey;
  const request = alice.event({ kind: 9734, tags: [['p', bob.pubkey]] });
  assert.deepEqual(faultsOf(zap(), { zapper: other }), ['zapper']);
  assert.deepEqual(faultsOf(zap([], [['bolt11', 'lnbc10u1x']])), ['invoice']);
  assert.deepEqual(faultsOf(zap([], [['p', other]])), ['recipient']);
  assert.deepEqual(faultsOf(zap([], [['p', 'x']])), ['recipient']);
  assert.deepEqual(faultsOf(zap([], [['e', 'f'.repeat(64)]])), ['target']);
  assert.deepEqual(faultsOf(zap([['p', other]])), ['request']);
  assert.deepEqual(faultsOf(zap([['e', other]])), ['request']);
  assert.deepEqual(faultsOf(receiptOf(serializeEvent({ ...request, content: 'forged' }))), ['request-signature']);
  const cheap = alice.event({
    kind: 9734,
    tags: [
      ['p', bob.pubkey],
      ['amount', '21000'],
    ],
  });
  assert.deepEqual(faultsOf(receiptOf(serializeEvent(cheap))), ['amount']);
  assert.deepEqual(faultsOf({ ...zap(), kind: 9736 }), ['kind']);
  for (const description of ['', '{', '[]', serializeEvent(target), ' '.repeat(100_000)]) {
    assert.deepEqual(faultsOf(receiptOf(description)), ['request'], description.slice(0, 20));
  }
});

test('an invoice without an amount counts nothing', { skip }, () => {
  const { examples } = JSON.parse(readText(requireSharedData(paths[3]))) as { examples: { invoice: string }[] };
  const request = alice.event({ kind: 9734, tags: [['p', bob.pubkey]] });
  const receipt = receiptOf(serializeEvent(request), [['bolt11', examples[0]?.invoice ?? '']]);
  assert.deepEqual(faultsOf(receipt), ['amount-missing']);
});

test('what is only odd is a remark', () => {
  const odd = zap(
    [],
    [
      ['preimage', '0'.repeat(64)],
      ['P', bob.pubkey],
    ],
  );
  assert.deepEqual(validateZapReceipt(odd).remarks, ['preimage', 'sender']);
  assert.deepEqual(validateZapReceipt(odd).faults, []);
});

test('603 real receipts are read as an independent program read them', { skip }, () => {
  const truthById = new Map(readJsonLines<Truth>(requireSharedData(paths[1])).map((truth) => [truth.id, truth]));
  const receipts = readJsonLines<NostrEvent>(requireSharedData(paths[0])).filter(({ kind }) => kind === 9735);
  assert.equal(receipts.length, 603);
  const msatByRecipient = new Map<string, number>();
  for (const receipt of receipts) {
    // The signatures of these requests are checked elsewhere; a thousand of them take a second.
    const zapped = validateZapReceipt(receipt, { verify: () => true });
    const truth = truthById.get(receipt.id);
    assert.deepEqual(zapped.faults, [], receipt.id);
    assert.equal(zapped.sender, truth?.sender);
    assert.equal(zapped.recipient, truth?.recipient);
    assert.equal(String(zapped.amountMsat), truth?.bolt11_msat);
    assert.equal(zapped.remarks.includes('description-hash'), truth?.description_hash === 'mismatch');
    assert.equal(zapped.remarks.includes('preimage'), truth?.preimage_matches_payment_hash === false);
    const { recipient = '', amountMsat = 0 } = zapped;
    msatByRecipient.set(recipient, (msatByRecipient.get(recipient) ?? 0) + amountMsat);
  }
  const expected = JSON.parse(readText(requireSharedData(paths[2]))) as Record<string, [string, number][]>;
  const sums = [...msatByRecipient].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const wanted = expected.zap_msat_by_recipient_top ?? [];
  assert.deepEqual(sums.slice(0, wanted.length), wanted);
});

test('a zap is shared by weights, and equally without any', () => {
  const carol = createEventBuilder('carol').pubkey;
  const parts = (...tags: Tag[]) => parseZapShares(alice.note('', { tags })).map(({ pubkey, part }) => [pubkey, part]);
  assert.deepEqual(parts(['zap', bob.pubkey, '', '1'], ['zap', carol, 'wss://a.example', '3']), [
    [bob.pubkey, 0.25],
    [carol, 0.75],
  ]);
  assert.deepEqual(parts(['zap', bob.pubkey], ['zap', carol, '']), [
    [bob.pubkey, 0.5],
    [carol, 0.5],
  ]);
  assert.deepEqual(parts(['zap', bob.pubkey, '', '2'], ['zap', carol], ['zap', 'x', '', '5']), [[bob.pubkey, 1]]);
  assert.deepEqual(parts(['zap', bob.pubkey, '', '0'], ['zap', carol, '', '-1']), []);
  assert.deepEqual(parts(), []);
});
