import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ConfigError } from './errors.ts';
import { parseEventId, parsePubkey } from './identifiers.ts';
import { environmentName, flagName, loadSettings } from './load.ts';
import { renderReference } from './reference.ts';
import { settingTable } from './table.ts';

const refusal = (sources: Parameters<typeof loadSettings>[0]): string => {
  try {
    loadSettings(sources);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  return assert.fail('the settings were taken');
};

test('every default can be parsed and nothing counts as given', () => {
  const { settings, given } = loadSettings({});
  assert.equal(settings.port, 7447);
  assert.equal(settings.maxMessageBytes, 1_048_576);
  assert.deepEqual(settings.retainKinds, [0, 3, 10002]);
  assert.equal(given.size, 0);
});

test('flags win over the environment, which wins over the file', () => {
  const file = { path: 'c.json', content: { port: 1, host: 'file', relayName: 'file', kindsAllow: [1, 7] } };
  const environment = { NOSTRATA_PORT: '2', NOSTRATA_HOST: 'environment' };
  const { settings, given } = loadSettings({ file, environment, flags: { port: '3' } });
  assert.equal(settings.port, 3);
  assert.equal(settings.host, 'environment');
  assert.equal(settings.relayName, 'file');
  assert.deepEqual(settings.kindsAllow, [1, 7]);
  assert.deepEqual([...given].sort(), ['host', 'kindsAllow', 'port', 'relayName']);
});

test('a wrong value names its source, itself and what was expected', () => {
  assert.equal(refusal({ flags: { port: '70000' } }), '--port "70000": expected a port between 0 and 65535');
  assert.match(
    refusal({ environment: { NOSTRATA_MAX_EVENT_BYTES: 'lots' } }),
    /^NOSTRATA_MAX_EVENT_BYTES "lots": expected a size/,
  );
  assert.match(
    refusal({ file: { path: 'c.json', content: { kindsDeny: '9-1' } } }),
    /^"kindsDeny" in c.json "9-1": expected kinds/,
  );
  assert.match(refusal({ file: { path: 'c.json', content: [] } }), /^c.json: expected a JSON object/);
});

test('a name that is no setting is refused', () => {
  assert.match(refusal({ file: { path: 'c.json', content: { prot: 1 } } }), /no setting "prot"/);
  assert.match(refusal({ environment: { NOSTRATA_PROT: '1' } }), /^NOSTRATA_PROT: there is no such setting/);
});

test('sizes, spans, kinds and pairs are read with their units', () => {
  const flags = {
    maxEventBytes: '1.5 KiB',
    retainAge: '30d',
    kindsAllow: '1, 3-5',
    powByKind: '1=20,7=12',
    authRequired: 'on',
  };
  const { settings } = loadSettings({ flags });
  assert.equal(settings.maxEventBytes, 1536);
  assert.equal(settings.retainAge, 2_592_000);
  assert.deepEqual(settings.kindsAllow, [1, 3, 4, 5]);
  assert.deepEqual(settings.powByKind, { 1: 20, 7: 12 });
  assert.equal(settings.authRequired, true);
});

test('a secret value is never repeated in an error', () => {
  const setting = settingTable.find((row) => row.name === 'store');
  assert.ok(setting && 'secret' in setting && setting.secret);
  assert.doesNotMatch(refusal({ flags: { store: null } }), /null/);
});

test('pubkeys and ids are taken as hex and in the forms of NIP-19', () => {
  const pubkey = '3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d';
  assert.equal(parsePubkey(pubkey), pubkey);
  assert.equal(parsePubkey('npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6'), pubkey);
  const nprofile =
    'nprofile1qqsrhuxx8l9ex335q7he0f09aej04zpazpl0ne2cgukyawd24mayt8gpp4mhxue69uhhytnc9e3k7mgpz4mhxue69uhkg6nzv9ejuumpv34kytnrdaksjlyr9p';
  assert.equal(parsePubkey(`nostr:${nprofile}`), pubkey);
  assert.throws(() => parsePubkey('npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w7'), ConfigError);
  assert.throws(() => parseEventId('npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6'), ConfigError);
});

test('names of flags and environment follow the name of the setting', () => {
  assert.equal(environmentName('maxConnectionsPerIp'), 'NOSTRATA_MAX_CONNECTIONS_PER_IP');
  assert.equal(flagName('maxConnectionsPerIp'), '--max-connections-per-ip');
});

test('the reference page is up to date', () => {
  const page = new URL('../../../../docs/reference/configuration.md', import.meta.url);
  assert.equal(
    readFileSync(page, 'utf8'),
    renderReference(),
    'run: npx nostrata reference > docs/reference/configuration.md',
  );
});
