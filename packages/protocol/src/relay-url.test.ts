import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, readJsonLines, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { parseRelayList } from './nip65.ts';
import { classifyRelayUrl, normalizeRelayUrl } from './relay-url.ts';

const normalise = 'vectors/relay-selection/normalise-url.json';
const classify = 'vectors/relay-selection/classify-url.json';
const spellings = 'relays/spellings.jsonl.gz';
const malformed = 'relays/malformed-urls.tsv.gz';

test('every vector of normalisation holds', { skip: skipWithout(normalise) }, () => {
  const vectors = JSON.parse(readText(requireSharedData(normalise))) as {
    name: string;
    input: string | null;
    expected: string | null;
  }[];
  for (const { name, input, expected } of vectors) assert.equal(normalizeRelayUrl(input ?? ''), expected, name);
});

test('every vector of classification holds', { skip: skipWithout(classify) }, () => {
  const vectors = JSON.parse(readText(requireSharedData(classify))) as (Record<string, boolean> & {
    name: string;
    input: string;
  })[];
  for (const { name, input, isOnion, isLoopback, isLocalAddr, isInsecure } of vectors) {
    assert.deepEqual(classifyRelayUrl(input), { isOnion, isLoopback, isLocal: isLocalAddr, isInsecure }, name);
  }
});

test('all spellings of a real relay become one, and that one stays as it is', { skip: skipWithout(spellings) }, () => {
  for (const { url, raw } of readJsonLines<{ url: string; raw: string[] }>(requireSharedData(spellings))) {
    const normal = normalizeRelayUrl(url);
    assert.ok(normal, url);
    for (const spelling of raw) assert.equal(normalizeRelayUrl(spelling), normal, spelling);
    assert.equal(normalizeRelayUrl(normal), normal);
  }
});

test('malformed URLs of the wild are refused, or mended where only punctuation is too much', {
  skip: skipWithout(malformed),
}, () => {
  const lines = readText(requireSharedData(malformed)).trim().split('\n').slice(1);
  const accepted = lines
    .map((line) => JSON.parse(line.split('\t')[0] ?? '') as string)
    .filter((raw) => normalizeRelayUrl(raw));
  // IPv6 addresses are well-formed; whether they may be contacted is a matter of `classifyRelayUrl`.
  assert.deepEqual(
    accepted.filter((raw) => !/^wss:\/\/\[|\/,$/.test(raw)),
    [],
  );
});

test('addresses that only mean something at home are local in every disguise', () => {
  const local =
    '127.0.0.1 0x7f.1 2130706433 0.0.0.0 10.1.2.3 100.64.0.1 169.254.169.254 192.168.0.1 [::1] [::] [fd00::1] [fe80::1] [::ffff:10.0.0.1] [::ffff:7f00:1] umbrel.local router.lan localhost a.localhost 224.0.0.1 255.255.255.255';
  for (const host of local.split(' ')) assert.ok(classifyRelayUrl(`wss://${host}`).isLocal, host);
  for (const host of '8.8.8.8 172.32.0.1 100.128.0.1 [2001:4860::8888] [::ffff:8.8.8.8] relay.example.com 11.0.0.1'.split(
    ' ',
  )) {
    assert.equal(classifyRelayUrl(`wss://${host}`).isLocal, false, host);
  }
  assert.ok(classifyRelayUrl('nonsense').isLocal);
});

test('a relay list gives each relay once, with its markers joined', () => {
  const tags = [
    ['r', 'wss://A.example/'],
    ['r', 'wss://b.example', 'read'],
    ['r', 'wss://c.example', 'write'],
    ['r', 'wss://c.example/', 'read'],
    ['r', 'wss://d.example', 'unknown'],
    ['r', 'not a url'],
    ['r'],
    ['p', 'wss://e.example'],
  ];
  assert.deepEqual(parseRelayList(createEventBuilder('alice').event({ kind: 10_002, tags })), [
    { url: 'wss://a.example', read: true, write: true },
    { url: 'wss://b.example', read: true, write: false },
    { url: 'wss://c.example', read: true, write: true },
    { url: 'wss://d.example', read: true, write: true },
  ]);
});
