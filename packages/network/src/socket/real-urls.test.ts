import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyRelayUrl, normalizeRelayUrl } from '@nostrata/protocol';
import { readJsonLines, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { findAddressFault } from './address.ts';

const relays = 'relays/relays.tsv.gz';
const online = 'relays/online-2026-07.txt';

describe('the relay URLs of the wild', () => {
  const rows = (): string[][] =>
    readText(requireSharedData(relays))
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t'));

  test('every private or local one is refused, and no other that has a public name', {
    skip: skipWithout(relays),
  }, () => {
    let refused = 0;
    for (const [url = '', network] of rows()) {
      const normalized = normalizeRelayUrl(url);
      const fault = normalized === null ? 'malformed' : findAddressFault(normalized);
      if (network === 'private') {
        assert.ok(fault, url);
        refused++;
      } else if (fault !== undefined && normalized !== null)
        assert.ok(classifyRelayUrl(url).isLocal, `${url}: ${fault}`);
    }
    assert.equal(refused, 1_465);
  });

  test('the relays that were online are all dialled, each under one spelling', { skip: skipWithout(online) }, () => {
    const urls = readText(requireSharedData(online)).trim().split('\n');
    for (const url of urls) {
      const normalized = normalizeRelayUrl(url);
      assert.ok(normalized, url);
      assert.equal(normalizeRelayUrl(normalized), normalized);
      assert.equal(findAddressFault(normalized), undefined, url);
    }
    assert.ok(urls.length > 100);
  });

  test('fields of several spellings give one relay', { skip: skipWithout('relays/spellings.jsonl.gz') }, () => {
    type Row = { readonly url: string; readonly raw: readonly string[] };
    for (const { raw } of readJsonLines<Row>(requireSharedData('relays/spellings.jsonl.gz'))) {
      assert.equal(new Set(raw.map(normalizeRelayUrl)).size, 1, raw.join(' '));
    }
  });
});
