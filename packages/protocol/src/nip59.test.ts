import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys, fc, type Keys } from '@nostrata/testing';
import { unwrapEvent } from 'nostr-tools/nip59';
import { InvalidError } from './errors.ts';
import { type NostrEvent, parseEvent, type UnsignedEvent } from './event.ts';
import { decodeNip19 } from './nip19.ts';
import { decryptNip44, encryptNip44, getConversationKey } from './nip44.ts';
import { createRumor, type EncryptingSigner, openGiftWrap, parseRumor, type Rumor, wrapRumor } from './nip59.ts';
import { getPublicKey, signEvent } from './sign.ts';
import { verifyEvent } from './verify.ts';

const wrapOfNip59 =
  '{"id":"5c005f3ccf01950aa8d131203248544fb1e41a0d698e846bd419cec3890903ac","pubkey":"18b1a75918f1f2c90c23da616bce317d36e348bcf5f7ba55e75949319210c87c","created_at":1703021488,"kind":1059,"tags":[["p","166bf3765ebd1fc55decfe395beff2ea3b2a4e0a8946e7eb578512b555737c99"]],"content":"AhC3Qj/QsKJFWuf6xroiYip+2yK95qPwJjVvFujhzSguJWb/6TlPpBW0CGFwfufCs2Zyb0JeuLmZhNlnqecAAalC4ZCugB+I9ViA5pxLyFfQjs1lcE6KdX3euCHBLAnE9GL/+IzdV9vZnfJH6atVjvBkNPNzxU+OLCHO/DAPmzmMVx0SR63frRTCz6Cuth40D+VzluKu1/Fg2Q1LSst65DE7o2efTtZ4Z9j15rQAOZfE9jwMCQZt27rBBK3yVwqVEriFpg2mHXc1DDwHhDADO8eiyOTWF1ghDds/DxhMcjkIi/o+FS3gG1dG7gJHu3KkGK5UXpmgyFKt+421m5o++RMD/BylS3iazS1S93IzTLeGfMCk+7IKxuSCO06k1+DaasJJe8RE4/rmismUvwrHu/HDutZWkvOAhd4z4khZo7bJLtiCzZCZ74lZcjOB4CYtuAX2ZGpc4I1iOKkvwTuQy9BWYpkzGg3ZoSWRD6ty7U+KN+fTTmIS4CelhBTT15QVqD02JxfLF7nA6sg3UlYgtiGw61oH68lSbx16P3vwSeQQpEB5JbhofW7t9TLZIbIW/ODnI4hpwj8didtk7IMBI3Ra3uUP7ya6vptkd9TwQkd/7cOFaSJmU+BIsLpOXbirJACMn+URoDXhuEtiO6xirNtrPN8jYqpwvMUm5lMMVzGT3kMMVNBqgbj8Ln8VmqouK0DR+gRyNb8fHT0BFPwsHxDskFk5yhe5c/2VUUoKCGe0kfCcX/EsHbJLUUtlHXmTqaOJpmQnW1tZ/siPwKRl6oEsIJWTUYxPQmrM2fUpYZCuAo/29lTLHiHMlTbarFOd6J/ybIbICy2gRRH/LFSryty3Cnf6aae+A9uizFBUdCwTwffc3vCBae802+R92OL78bbqHKPbSZOXNC+6ybqziezwG+OPWHx1Qk39RYaF0aFsM4uZWrFic97WwVrH5i+/Nsf/OtwWiuH0gV/SqvN1hnkxCTF/+XNn/laWKmS3e7wFzBsG8+qwqwmO9aVbDVMhOmeUXRMkxcj4QreQkHxLkCx97euZpC7xhvYnCHarHTDeD6nVK+xzbPNtzeGzNpYoiMqxZ9bBJwMaHnEoI944Vxoodf51cMIIwpTmmRvAzI1QgrfnOLOUS7uUjQ/IZ1Qa3lY08Nqm9MAGxZ2Ou6R0/Z5z30ha/Q71q6meAs3uHQcpSuRaQeV29IASmye2A2Nif+lmbhV7w8hjFYoaLCRsdchiVyNjOEM4VmxUhX4VEvw6KoCAZ/XvO2eBF/SyNU3Of4SO","sig":"35fabdae4634eb630880a1896a886e40fd6ea8a60958e30b89b33a93e6235df750097b04f9e13053764251b8bc5dd7e8e0794a3426a90b6bcc7e5ff660f54259"}';
const wrapsOfNip17 = [
  '{"id":"2886780f7349afc1344047524540ee716f7bdc1b64191699855662330bf235d8","pubkey":"8f8a7ec43b77d25799281207e1a47f7a654755055788f7482653f9c9661c6d51","created_at":1703128320,"kind":1059,"tags":[["p","918e2da906df4ccd12c8ac672d8335add131a4cf9d27ce42b3bb3625755f0788"]],"content":"AsqzdlMsG304G8h08bE67dhAR1gFTzTckUUyuvndZ8LrGCvwI4pgC3d6hyAK0Wo9gtkLqSr2rT2RyHlE5wRqbCOlQ8WvJEKwqwIJwT5PO3l2RxvGCHDbd1b1o40ZgIVwwLCfOWJ86I5upXe8K5AgpxYTOM1BD+SbgI5jOMA8tgpRoitJedVSvBZsmwAxXM7o7sbOON4MXHzOqOZpALpS2zgBDXSAaYAsTdEM4qqFeik+zTk3+L6NYuftGidqVluicwSGS2viYWr5OiJ1zrj1ERhYSGLpQnPKrqDaDi7R1KrHGFGyLgkJveY/45y0rv9aVIw9IWF11u53cf2CP7akACel2WvZdl1htEwFu/v9cFXD06fNVZjfx3OssKM/uHPE9XvZttQboAvP5UoK6lv9o3d+0GM4/3zP+yO3C0NExz1ZgFmbGFz703YJzM+zpKCOXaZyzPjADXp8qBBeVc5lmJqiCL4solZpxA1865yPigPAZcc9acSUlg23J1dptFK4n3Tl5HfSHP+oZ/QS/SHWbVFCtq7ZMQSRxLgEitfglTNz9P1CnpMwmW/Y4Gm5zdkv0JrdUVrn2UO9ARdHlPsW5ARgDmzaxnJypkfoHXNfxGGXWRk0sKLbz/ipnaQP/eFJv/ibNuSfqL6E4BnN/tHJSHYEaTQ/PdrA2i9laG3vJti3kAl5Ih87ct0w/tzYfp4SRPhEF1zzue9G/16eJEMzwmhQ5Ec7jJVcVGa4RltqnuF8unUu3iSRTQ+/MNNUkK6Mk+YuaJJs6Fjw6tRHuWi57SdKKv7GGkr0zlBUU2Dyo1MwpAqzsCcCTeQSv+8qt4wLf4uhU9Br7F/L0ZY9bFgh6iLDCdB+4iABXyZwT7Ufn762195hrSHcU4Okt0Zns9EeiBOFxnmpXEslYkYBpXw70GmymQfJlFOfoEp93QKCMS2DAEVeI51dJV1e+6t3pCSsQN69Vg6jUCsm1TMxSs2VX4BRbq562+VffchvW2BB4gMjsvHVUSRl8i5/ZSDlfzSPXcSGALLHBRzy+gn0oXXJ/447VHYZJDL3Ig8+QW5oFMgnWYhuwI5QSLEyflUrfSz+Pdwn/5eyjybXKJftePBD9Q+8NQ8zulU5sqvsMeIx/bBUx0fmOXsS3vjqCXW5IjkmSUV7q54GewZqTQBlcx+90xh/LSUxXex7UwZwRnifvyCbZ+zwNTHNb12chYeNjMV7kAIr3cGQv8vlOMM8ajyaZ5KVy7HpSXQjz4PGT2/nXbL5jKt8Lx0erGXsSsazkdoYDG3U","sig":"a3c6ce632b145c0869423c1afaff4a6d764a9b64dedaf15f170b944ead67227518a72e455567ca1c2a0d187832cecbde7ed478395ec4c95dd3e71749ed66c480"}',
  '{"id":"162b0611a1911cfcb30f8a5502792b346e535a45658b3a31ae5c178465509721","pubkey":"626be2af274b29ea4816ad672ee452b7cf96bbb4836815a55699ae402183f512","created_at":1702711587,"kind":1059,"tags":[["p","44900586091b284416a0c001f677f9c49f7639a55c3f1e2ec130a8e1a7998e1b"]],"content":"AsTClTzr0gzXXji7uye5UB6LYrx3HDjWGdkNaBS6BAX9CpHa+Vvtt5oI2xJrmWLen+Fo2NBOFazvl285Gb3HSM82gVycrzx1HUAaQDUG6HI7XBEGqBhQMUNwNMiN2dnilBMFC3Yc8ehCJT/gkbiNKOpwd2rFibMFRMDKai2mq2lBtPJF18oszKOjA+XlOJV8JRbmcAanTbEK5nA/GnG3eGUiUzhiYBoHomj3vztYYxc0QYHOx0WxiHY8dsC6jPsXC7f6k4P+Hv5ZiyTfzvjkSJOckel1lZuE5SfeZ0nduqTlxREGeBJ8amOykgEIKdH2VZBZB+qtOMc7ez9dz4wffGwBDA7912NFS2dPBr6txHNxBUkDZKFbuD5wijvonZDvfWq43tZspO4NutSokZB99uEiRH8NAUdGTiNb25m9JcDhVfdmABqTg5fIwwTwlem5aXIy8b66lmqqz2LBzJtnJDu36bDwkILph3kmvaKPD8qJXmPQ4yGpxIbYSTCohgt2/I0TKJNmqNvSN+IVoUuC7ZOfUV9lOV8Ri0AMfSr2YsdZ9ofV5o82ClZWlWiSWZwy6ypa7CuT1PEGHzywB4CZ5ucpO60Z7hnBQxHLiAQIO/QhiBp1rmrdQZFN6PUEjFDloykoeHe345Yqy9Ke95HIKUCS9yJurD+nZjjgOxZjoFCsB1hQAwINTIS3FbYOibZnQwv8PXvcSOqVZxC9U0+WuagK7IwxzhGZY3vLRrX01oujiRrevB4xbW7Oxi/Agp7CQGlJXCgmRE8Rhm+Vj2s+wc/4VLNZRHDcwtfejogjrjdi8p6nfUyqoQRRPARzRGUnnCbh+LqhigT6gQf3sVilnydMRScEc0/YYNLWnaw9nbyBa7wFBAiGbJwO40k39wj+xT6HTSbSUgFZzopxroO3f/o4+ubx2+IL3fkev22mEN38+dFmYF3zE+hpE7jVxrJpC3EP9PLoFgFPKCuctMnjXmeHoiGs756N5r1Mm1ffZu4H19MSuALJlxQR7VXE/LzxRXDuaB2u9days/6muP6gbGX1ASxbJd/ou8+viHmSC/ioHzNjItVCPaJjDyc6bv+gs1NPCt0qZ69G+JmgHW/PsMMeL4n5bh74g0fJSHqiI9ewEmOG/8bedSREv2XXtKV39STxPweceIOh0k23s3N6+wvuSUAJE7u1LkDo14cobtZ/MCw/QhimYPd1u5HnEJvRhPxz0nVPz0QqL/YQeOkAYk7uzgeb2yPzJ6DBtnTnGDkglekhVzQBFRJdk740LEj6swkJ","sig":"c94e74533b482aa8eeeb54ae72a5303e0b21f62909ca43c8ef06b0357412d6f8a92f96e1a205102753777fd25321a58fba3fb384eee114bd53ce6c06a1c22bab"}',
];

const now = 1_700_000_000;
const [alice, bob, carol] = [createKeys('alice'), createKeys('bob'), createKeys('carol')];

function signerOf({ secret }: Pick<Keys, 'secret'>): EncryptingSigner {
  const keyOf = (pubkey: string) => getConversationKey(secret, pubkey);
  return {
    getPublicKey: async () => getPublicKey(secret),
    signEvent: async (event) => signEvent(event, secret),
    nip44Encrypt: async (pubkey, plaintext) => encryptNip44(plaintext, keyOf(pubkey)),
    nip44Decrypt: async (pubkey, payload) => decryptNip44(payload, keyOf(pubkey)),
  };
}

function rumorOf(author: Keys, parts: Partial<UnsignedEvent> = {}): Rumor {
  return createRumor({ pubkey: author.pubkey, created_at: now, kind: 14, tags: [], content: 'hello', ...parts });
}

/** A wrap to Bob whose layers say whatever the test wants. */
function craft(seal: Partial<NostrEvent> & { readonly text?: string }, sealer: Keys = alice): NostrEvent {
  const content = encryptNip44(
    seal.text ?? JSON.stringify(rumorOf(alice)),
    getConversationKey(sealer.secret, bob.pubkey),
  );
  const { text, sig, ...parts } = seal;
  const signed = signEvent({ kind: 13, created_at: now, tags: [], content, ...parts }, sealer.secret);
  return wrapText(JSON.stringify(sig === undefined ? signed : { ...signed, sig }));
}

function wrapText(text: string, tags = [['p', bob.pubkey]]): NostrEvent {
  const content = encryptNip44(text, getConversationKey(carol.secret, bob.pubkey));
  return signEvent({ kind: 1059, created_at: now, tags, content }, carol.secret);
}

const open = (wrap: NostrEvent, reader: Keys = bob) => openGiftWrap(wrap, { signer: signerOf(reader) });

test('the examples of NIP-59 and NIP-17 are opened', async () => {
  const reader = {
    secret: Uint8Array.from(Buffer.from('e108399bd8424357a710b606ae0c13166d853d327e47a6e5e038197346bdbf45', 'hex')),
  };
  const rumor = await openGiftWrap(parseEvent(JSON.parse(wrapOfNip59)), { signer: signerOf(reader) });
  assert.equal(rumor.content, 'Are you going to the party tonight?');
  assert.equal(rumor.pubkey, '611df01bfcf85c26ae65453b772d8f1dfd25c264621c0277e1fc1518686faef9');
  const sender = 'nsec1w8udu59ydjvedgs3yv5qccshcj8k05fh3l60k9x57asjrqdpa00qkmr89m';
  const receiver = 'nsec12ywtkplvyq5t6twdqwwygavp5lm4fhuang89c943nf2z92eez43szvn4dt';
  for (const [index, nsec] of [receiver, sender].entries()) {
    const key = decodeNip19(nsec);
    assert.ok(key.type === 'nsec');
    const wrap = parseEvent(JSON.parse(wrapsOfNip17[index] ?? ''));
    const message = await openGiftWrap(wrap, { signer: signerOf(key) });
    assert.equal(message.content, 'Hola, que tal?');
    assert.equal(message.kind, 14);
  }
});

test('what is wrapped is opened by its recipient, here and by nostr-tools', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.nat(65_535), async (text, kind) => {
      const rumor = rumorOf(alice, { content: text.toWellFormed(), kind });
      const wrap = await wrapRumor(rumor, { signer: signerOf(alice), recipient: bob.pubkey, nowSeconds: now });
      assert.deepEqual(await open(wrap), rumor);
      const theirs = unwrapEvent({ ...wrap, tags: wrap.tags.map((tag) => [...tag]) }, Uint8Array.from(bob.secret));
      assert.deepEqual({ ...theirs }, rumor);
    }),
    { numRuns: 15 },
  );
});

test('a wrap shows nothing of its author, and every one has a key and a time of its own', async () => {
  const options = { signer: signerOf(alice), recipient: bob.pubkey, nowSeconds: now };
  const wraps = await Promise.all(Array.from({ length: 20 }, () => wrapRumor(rumorOf(alice), options)));
  for (const wrap of wraps) {
    assert.ok(verifyEvent(wrap));
    assert.ok(!JSON.stringify(wrap).includes(alice.pubkey));
    assert.ok(wrap.created_at <= now && wrap.created_at > now - 172_800);
    assert.deepEqual(wrap.tags, [['p', bob.pubkey]]);
  }
  assert.equal(new Set(wraps.map(({ pubkey }) => pubkey)).size, 20);
  assert.ok(new Set(wraps.map(({ created_at }) => created_at)).size > 15);
});

test('seal and wrap are dated by the given randomness and clock', async () => {
  let call = 0;
  const half = (bytes: number) => new Uint8Array(bytes).fill(bytes === 4 ? 128 : ++call);
  const options = { signer: signerOf(alice), recipient: bob.pubkey, nowSeconds: now, randomBytes: half };
  const [one, other] = [await wrapRumor(rumorOf(alice), options), await wrapRumor(rumorOf(alice), options)];
  assert.equal(one.created_at, now - Math.floor((0x80808080 / 2 ** 32) * 172_800));
  assert.equal(one.created_at, other.created_at);
});

test('a wrap may name a relay, expire, and be ephemeral', async () => {
  const wrap = await wrapRumor(rumorOf(alice), {
    signer: signerOf(alice),
    recipient: bob.pubkey,
    nowSeconds: now,
    relay: 'wss://inbox.example',
    expiresAt: now + 60,
    isEphemeral: true,
  });
  assert.equal(wrap.kind, 21_059);
  assert.deepEqual(wrap.tags, [
    ['p', bob.pubkey, 'wss://inbox.example'],
    ['expiration', String(now + 60)],
  ]);
  assert.equal((await open(wrap)).content, 'hello');
});

test('nobody can speak for somebody else', async () => {
  const stolen = craft({ text: JSON.stringify(rumorOf(alice)) }, carol);
  await assert.rejects(open(stolen), /mouth of somebody else/);
  await assert.rejects(open(craft({ sig: '0'.repeat(128) })), /seal is forged/);
  const signer = signerOf(carol);
  const wrapping = wrapRumor(rumorOf(alice), { signer, recipient: bob.pubkey, nowSeconds: now });
  await assert.rejects(wrapping, /not the author/);
});

test('a seal with tags is refused, unless they say when it expires', async () => {
  await assert.rejects(open(craft({ tags: [['p', bob.pubkey]] })), /seal has tags/);
  assert.equal((await open(craft({ tags: [['expiration', '1800000000']] }))).content, 'hello');
});

test('each layer must be well formed and within its limit', async () => {
  const long = 'x'.repeat(190_000);
  const bad = [
    craft({ kind: 1 }),
    craft({ text: '{' }),
    craft({ text: '[]' }),
    craft({ text: JSON.stringify({ ...rumorOf(alice), id: 'f'.repeat(64) }) }),
    craft({ text: JSON.stringify({ ...rumorOf(alice), created_at: '5' }) }),
    craft({ text: JSON.stringify(rumorOf(alice, { content: long })) }),
    wrapText('null'),
    wrapText(JSON.stringify({ ...rumorOf(alice), sig: '0'.repeat(128) })),
    wrapText(`"${long}${long}"`),
    wrapText(JSON.stringify(rumorOf(alice)), []),
    { ...craft({}), kind: 1 },
    { ...craft({}), content: 'A'.repeat(500_004) },
  ];
  for (const wrap of bad) await assert.rejects(open(wrap), InvalidError);
  await assert.rejects(open(craft({}), carol), /somebody else/);
  const options = { signer: signerOf(alice), recipient: bob.pubkey, nowSeconds: now };
  await assert.rejects(wrapRumor(rumorOf(alice, { content: long }), options), InvalidError);
  await assert.rejects(wrapRumor(rumorOf(alice), { ...options, recipient: 'bob' }), InvalidError);
});

test('a rumor within its limit can be wrapped, however long', async () => {
  const rumor = rumorOf(alice, { content: 'x'.repeat(179_000) });
  const wrap = await wrapRumor(rumor, { signer: signerOf(alice), recipient: bob.pubkey, nowSeconds: now });
  assert.deepEqual(await open(wrap), rumor);
});

test('a rumor without an id gets one, and a signature on it is left out', () => {
  const { id, ...unsigned } = rumorOf(alice);
  assert.equal(parseRumor(JSON.stringify(unsigned)).id, id);
  const signed = signEvent(unsigned, alice.secret);
  assert.deepEqual(parseRumor(JSON.stringify(signed)), rumorOf(alice));
});
