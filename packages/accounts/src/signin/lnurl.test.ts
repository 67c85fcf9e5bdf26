import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { createMortalDatabase } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import { isWalletSignature } from './lnurl.ts';
import { bearer, createHashedRandom, createWallet, type MeAnswer, signInAs, startWithWallets } from './test-sign-in.ts';

const law = await onEachEngine();

/** Signed by others: the example that LUD-04 had (libsecp256k1 by Python), and one of a wallet in Rust. */
const vectors = [
  {
    k1: 'e2af6254a8df433264fa23f67eb8188635d15ce883e8fc020989d5f82ae6f11e',
    key: '02c3b844b8104f0c1b15c507774c9ba7fc609f58f343b9b149122e944dd20c9362',
    sig: '304402203767faf494f110b139293d9bab3c50e07b3bf33c463d4aa767256cd09132dc5102205821f8efacdb5c595b92ada255876d9201e126e2f31a140d44561cc1f7e9e43d',
  },
  {
    k1: 'e2af6254a8df433264fa23f67eb8188635d15ce883e8fc020989d5f82ae6f11e',
    key: '02d9eb1b467517d685e3b5439082c14bb1a2c9ae672df4d9046d208c193a5846e0',
    sig: '3045022100a75df468de452e618edb8030016eb0894204655c7d93ece1be007fcf36843522022048bc2f00a0a5a30601d274b49cfaf9ef4c76176e5401d0dfb195f5d6ab8ab4c4',
  },
] as const;

test('signatures of wallets are ECDSA over k1 itself', () => {
  for (const vector of vectors) {
    assert.ok(isWalletSignature(vector));
    assert.ok(!isWalletSignature({ ...vector, k1: vector.k1.replace('e2', 'e3') }));
    assert.ok(!isWalletSignature({ ...vector, sig: vector.sig.replace(/.$/, '0') }));
    assert.ok(!isWalletSignature({ ...vector, key: vector.key.replace(/^02/, '03') }));
    for (const sig of ['', '30', '3006020100020100', `${vector.sig}00`, 'zz', vector.sig.slice(2)]) {
      assert.ok(!isWalletSignature({ ...vector, sig }));
    }
    for (const key of ['', '02', `02${'0'.repeat(64)}`, `02${'f'.repeat(64)}`, `04${vector.key.slice(2)}`]) {
      assert.ok(!isWalletSignature({ ...vector, key }));
    }
  }
});

test('signatures of OpenSSL are taken, with either value of s', () => {
  const { random, preimageOf } = createHashedRandom();
  const seen = { low: 0, high: 0 };
  for (let i = 0; i < 40; i++) {
    const wallet = createWallet(`wallet ${i}`);
    const k1 = Buffer.from(random(32)).toString('hex');
    const sig = wallet.sign(preimageOf(k1));
    const isHigh = secp256k1.Signature.fromBytes(hexToBytes(sig), 'der').hasHighS();
    seen[isHigh ? 'high' : 'low'] += 1;
    assert.ok(isWalletSignature({ k1, sig, key: wallet.key }));
    assert.ok(!isWalletSignature({ k1, sig, key: createWallet('other').key }));
  }
  assert.ok(seen.low > 0 && seen.high > 0, JSON.stringify(seen));
});

law('a wallet signs in the browser that shows the code, once, and nobody else', async (database) => {
  const test = startWithWallets(database);
  const wallet = createWallet('alice');
  const code = await test.ask();
  assert.match(
    code.url,
    /^https:\/\/example\.com\/api\/v1\/auth\/lnurl-callback\?tag=login&k1=[0-9a-f]{64}&action=login$/,
  );
  assert.equal(code.qr.toLowerCase(), code.lnurl);
  assert.ok(!code.url.includes(code.pollSecret));
  assert.deepEqual((await test.poll(code)).json(), { state: 'pending' });
  const told = await test.answer(code, wallet);
  assert.deepEqual(
    [told.status, told.json(), told.headers.get('access-control-allow-origin')],
    [200, { status: 'OK' }, '*'],
  );
  // Whoever saw the code knows k1, the URL and perhaps the signature, and gets nothing for it.
  for (const guess of [code.k1, code.url, code.lnurl]) {
    assert.equal((await test.send('lnurl-poll', { body: { pollSecret: guess } })).status, 400);
  }
  const stranger = await test.send('lnurl-poll', { body: { pollSecret: 'A'.repeat(43) } });
  assert.deepEqual(stranger.json(), { state: 'expired' });
  const replies = await Promise.all(Array.from({ length: 50 }, () => test.poll(code)));
  const states = replies.map((reply) => reply.json<{ state: string }>().state);
  assert.deepEqual(states.sort(), [...Array.from({ length: 49 }, () => 'expired'), 'signed-in']);
  assert.equal((await database.query('SELECT id FROM session')).length, 1);
  const signedIn = replies.find((reply) => reply.text.includes('signed-in'))?.json<{ token: string; user: MeAnswer }>();
  assert.deepEqual(signedIn?.user.linkingKeys[0]?.key, wallet.key);
  assert.deepEqual([signedIn?.user.pubkey, signedIn?.user.npub], [null, null]);
  const me = await test.send('me', { headers: bearer(signedIn?.token ?? '') });
  assert.equal(me.json<MeAnswer>().session?.method, 'lnurl');
});

law('k1 is used once: fifty answers of wallets at once verify one', async (database) => {
  const test = startWithWallets(database);
  const code = await test.ask();
  const wallets = Array.from({ length: 50 }, (_, index) => createWallet(`wallet ${index}`));
  const replies = await Promise.all(wallets.map((wallet) => test.answer(code, wallet)));
  const winners = wallets.filter((_, index) => replies[index]?.json<{ status: string }>().status === 'OK');
  assert.equal(winners.length, 1);
  assert.ok(replies.every(({ status }) => status === 200));
  const { user } = (await test.poll(code)).json<{ user: MeAnswer }>();
  assert.equal(user.linkingKeys[0]?.key, winners[0]?.key);
  assert.equal((await test.answer(code, createWallet('late'))).json<{ status: string }>().status, 'ERROR');
});

law('of one code twenty wrong signatures are looked at, and then no more, right ones included', async (database) => {
  const test = startWithWallets(database);
  const [wallet, other] = [createWallet('alice'), createWallet('bob')];
  const code = await test.ask();
  const reasons: string[] = [];
  for (let count = 0; count < 21; count++) {
    const reply = await test.answer(code, wallet, { key: other.key });
    reasons.push(reply.json<{ reason: string }>().reason);
  }
  assert.equal(reasons.lastIndexOf('the signature is wrong'), 19);
  assert.match(reasons[20] ?? '', /^this code was used already or has expired/);
  assert.equal((await test.answer(code, wallet)).json<{ status: string }>().status, 'ERROR');
});

law('a wallet is told in words what was wrong, and the code stays good', async (database) => {
  const test = startWithWallets(database);
  const wallet = createWallet('alice');
  const code = await test.ask('register');
  const other = createWallet('bob');
  const wrongs: Record<string, string>[] = [
    { tag: 'withdrawRequest' },
    { action: 'login' },
    { action: '' },
    { k1: 'f'.repeat(64) },
    { k1: code.k1.toUpperCase() },
    { k1: '' },
    { key: other.key },
    { key: wallet.key.slice(2) },
    { key: `02${'f'.repeat(64)}` },
    { sig: other.sign(new Uint8Array(32)) },
    { sig: '' },
    { sig: `30${'00'.repeat(80)}` },
  ];
  for (const wrong of wrongs) {
    const reply = await test.answer(code, wallet, wrong);
    const { status, reason } = reply.json<{ status: string; reason: string }>();
    assert.deepEqual([reply.status, status], [200, 'ERROR'], JSON.stringify(wrong));
    assert.match(reason, /^[a-z].{10,}$/);
  }
  const twice = await test.http({
    target: `${new URL(code.url).pathname}${new URL(code.url).search}&k1=${code.k1}&sig=30&key=02`,
  });
  assert.equal(twice.json<{ status: string }>().status, 'ERROR');
  assert.deepEqual((await test.poll(code)).json(), { state: 'pending' });
  const upper = await test.answer(code, wallet, { key: wallet.key.toUpperCase() });
  assert.deepEqual(upper.json(), { status: 'OK' });
});

law('a code lives five minutes for the wallet and for the page', async (database) => {
  const test = startWithWallets(database);
  const wallet = createWallet('alice');
  const first = await test.ask();
  test.clock.advance(5 * 60_000 - 1);
  assert.deepEqual((await test.answer(first, wallet)).json(), { status: 'OK' });
  test.clock.advance(1);
  assert.deepEqual((await test.poll(first)).json(), { state: 'expired' });
  const second = await test.ask();
  test.clock.advance(5 * 60_000);
  assert.equal((await test.answer(second, wallet)).json<{ status: string }>().status, 'ERROR');
  assert.deepEqual((await test.poll(second)).json(), { state: 'expired' });
  assert.equal((await database.query('SELECT id FROM session')).length, 0);
});

law('one wallet is one user, also when it signs in fifty times at once for the first time', async (database) => {
  const test = startWithWallets(database);
  const wallet = createWallet('alice');
  const codes = await Promise.all(Array.from({ length: 50 }, () => test.ask()));
  for (const code of codes) await test.answer(code, wallet);
  const replies = await Promise.all(codes.map((code) => test.poll(code)));
  const ids = new Set(replies.map((reply) => reply.json<{ user: MeAnswer }>().user.id));
  assert.equal(ids.size, 1);
  assert.equal((await database.query('SELECT id FROM account_user')).length, 1);
});

law('nothing that is stored gives a session away', async (database) => {
  const test = startWithWallets(database);
  const code = await test.ask();
  await test.answer(code, createWallet('alice'));
  const { token } = (await test.poll(code)).json<{ token: string }>();
  for (const table of ['lnurl_session', 'session', 'audit_log', 'account_user', 'linking_key']) {
    const rows = JSON.stringify(await database.query(`SELECT * FROM ${table}`));
    assert.ok(!rows.includes(code.pollSecret) && !rows.includes(token), table);
  }
});

law('a suspended wallet gets no session, and its code is used up', async (database) => {
  const test = startWithWallets(database);
  const wallet = createWallet('alice');
  const { user } = await test.signInWith(wallet);
  await database.query(`UPDATE account_user SET state = 'suspended' WHERE id = $1`, [user.id]);
  const code = await test.ask();
  await test.answer(code, wallet);
  assert.equal((await test.poll(code)).status, 403);
  assert.deepEqual((await test.poll(code)).json(), { state: 'expired' });
  assert.equal((await database.query('SELECT id FROM session')).length, 1);
});

law('a code for linking is asked for by who is signed in, and signs nobody in', async (database) => {
  const test = startWithWallets(database);
  assert.equal((await test.send('lnurl', { body: { action: 'link' } })).status, 401);
  assert.equal((await test.send('lnurl', { body: { action: 'withdraw' } })).status, 400);
  const { token } = await signInAs(test, 'alice');
  const wallet = createWallet('alice');
  const code = await test.ask('link', bearer(token));
  await test.answer(code, wallet);
  for (let times = 0; times < 2; times++) {
    assert.deepEqual((await test.poll(code)).json(), { state: 'verified', linkingKey: wallet.key });
  }
  assert.equal((await database.query('SELECT id FROM session')).length, 1);
  assert.equal((await database.query('SELECT linking_key FROM linking_key')).length, 0);
});

law(
  'a process that dies while a page gets its session has used the code up with it, or not at all',
  async (database) => {
    for (let statements = 1, isDone = false; !isDone; statements++) {
      const test = startWithWallets(database);
      const wallet = createWallet(`death ${statements}`);
      const code = await test.ask();
      await test.answer(code, wallet);
      const before = (await database.query('SELECT id FROM session')).length;
      const dying = startWithWallets(createMortalDatabase(database, statements));
      const reply = await dying.send('lnurl-poll', { body: { pollSecret: code.pollSecret } });
      isDone = reply.status === 200;
      const made = (await database.query('SELECT id FROM session')).length - before;
      const again = (await test.poll(code)).json<{ state: string }>().state;
      assert.equal(again, made === 1 ? 'expired' : 'signed-in', `${statements} statements`);
      assert.ok(!isDone || made === 1);
      assert.ok(statements < 40);
    }
  },
);
