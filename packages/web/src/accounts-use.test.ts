import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encodeNpub } from '@nostrata/protocol';
import { skipWithoutChromium } from '@nostrata/testing';
import { type AccountsFixture, createAccountsFixture } from './test-accounts.ts';
import { alice, bob } from './test-accounts-data.ts';
import { findBarriers, startReader, type TestReader, type VisitOptions } from './test-visit.ts';

describe('use of an account', { skip: skipWithoutChromium() }, () => {
  let reader: TestReader | undefined;
  const accounts: AccountsFixture = createAccountsFixture();
  before(async () => {
    reader = await startReader({ accounts });
  });
  after(() => reader?.[Symbol.asyncDispose]());

  async function visit(path: string, options: VisitOptions = {}) {
    assert.ok(reader);
    return await reader.visit(path, { expected: /Failed to load resource/, ...options });
  }

  /** What was changed since the last look, as the server saw it. */
  function changesOf(pattern: RegExp): readonly (readonly [string, string, unknown])[] {
    return accounts.changed.filter(([method, path]) => pattern.test(`${method} ${path}`));
  }

  test('an extension signs somebody in, and they are where they wanted to go', async () => {
    accounts.standing = 'out';
    await using out = await visit('/account/keys', { extension: alice });
    const { page } = out;
    await page.getByRole('button', { name: 'Sign in with the extension' }).click();
    await page.getByRole('heading', { name: 'Make a key' }).waitFor();
    assert.match(page.url(), /\/account\/keys$/);
    await page.goto(page.url().replace(/\/keys$/, ''));
    await page.getByText(encodeNpub(alice.pubkey)).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    accounts.standing = 'entitled';
  });

  test('a browser without an extension says so, and an extension with another key is refused in words', async () => {
    accounts.standing = 'out';
    await using plain = await visit('/sign-in');
    await plain.page.getByText('No extension was found in this browser.').waitFor();
    assert.ok(await plain.page.getByRole('button', { name: 'Sign in with the extension' }).isDisabled());
    await using wrong = await visit('/sign-in', { extension: bob });
    await wrong.page.getByRole('button', { name: 'Sign in with the extension' }).click();
    await wrong.page.getByRole('alert').getByText('The event signs nobody in.').waitFor();
    accounts.standing = 'entitled';
  });

  test('what is typed is looked up at once; a free name is registered, and its payment becomes paid by itself', async () => {
    await using names = await visit('/account/names');
    const { page } = names;
    await page.getByLabel('Name', { exact: true }).fill('satoshi');
    await page.getByText('somebody has the name').waitFor();
    assert.equal(await page.getByRole('button', { name: /Register/ }).count(), 0);
    await page.getByLabel('Name', { exact: true }).fill('carol');
    await page.getByText('costs 21,000 sat a year.').waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await page.getByLabel('For', { exact: true }).selectOption('2');
    await page.getByRole('button', { name: 'Register and pay carol@nostrata.example' }).click();
    await page.getByRole('heading', { name: 'carol@nostrata.example for one year' }).waitFor();
    await page.getByRole('img', { name: 'Lightning invoice to scan' }).waitFor();
    assert.deepEqual(changesOf(/^POST names$/).at(-1)?.[2], {
      ...{ name: 'carol', host: 'nostrata.example', pubkey: alice.pubkey, years: 2, provider: 'lnbits' },
    });
    accounts.isPaid = true;
    await page.getByText('Paid.', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Receipt R-2026-000001' }).waitFor();
    assert.deepEqual(await findBarriers(page), []);
    accounts.isPaid = false;
  });

  test('a name that the plan covers is there without a payment', async () => {
    await using names = await visit('/account/names');
    const { page } = names;
    await page.getByLabel('At', { exact: true }).selectOption('alice.example');
    await page.getByLabel('Name', { exact: true }).fill('me');
    await page.getByText('is covered by your plan.').waitFor();
    await page.getByRole('button', { name: 'Register me@alice.example' }).click();
    await page.getByRole('heading', { name: 'me@alice.example' }).waitFor();
    const body = changesOf(/^POST names$/).at(-1)?.[2] as object;
    assert.equal('years' in body, false);
  });

  test('the key of a name is changed and the name handed over by an order that its key signs', async () => {
    await using name = await visit('/account/names/nam_00000000000000000002', { extension: alice });
    const { page } = name;
    const handover = page.getByRole('region', { name: 'Hand it over' });
    await handover.getByLabel('Who gets it').fill('nobody@nowhere.example');
    await handover.getByRole('button', { name: 'Find' }).click();
    await handover.getByText('The host knows no such name.').waitFor();
    await handover.getByLabel('Who gets it').fill('bob@example.com');
    await handover.getByRole('button', { name: 'Find' }).click();
    await handover.getByRole('button', { name: 'Hand over…' }).click();
    await handover.getByText('stops being yours at once').waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await handover.getByRole('button', { name: 'Sign with my extension' }).click();
    await page.waitForURL('**/account/names');
    const [[, , body] = []] = changesOf(/transfer$/);
    const { tags } = (body as { event: { tags: string[][] } }).event;
    assert.equal(tags.find(([tag]) => tag === 'p')?.[1], bob.pubkey);
    assert.equal(tags.find(([tag]) => tag === 'u')?.[1], reader?.site.origin);
    await page.getByText('alice@nostrata.example').first().waitFor();
    assert.equal(await page.getByText('cartographer@nostrata.example').count(), 0);
  });

  test('an extension with another key than that of the name signs nothing, and is told which key it takes', async () => {
    await using name = await visit('/account/names/nam_00000000000000000001', { extension: bob });
    const { page } = name;
    const rekey = page.getByRole('region', { name: 'Point it at another key of yours' });
    await rekey.getByLabel('The new key').fill(encodeNpub(bob.pubkey));
    await rekey.getByRole('button', { name: 'Find' }).click();
    await rekey.getByRole('button', { name: 'Change the key…' }).click();
    await rekey.getByRole('button', { name: 'Sign with my extension' }).click();
    await rekey
      .getByRole('alert')
      .getByText(/which has to sign/)
      .waitFor();
    assert.deepEqual(changesOf(/rekey$/), []);
  });

  test('relays are changed; a name is given up only after what is lost was said', async () => {
    await using name = await visit('/account/names/nam_00000000000000000003');
    const { page } = name;
    await page.getByLabel('One in each line').fill('wss://one.example\nwss://two.example');
    await page.getByRole('button', { name: 'Save relays' }).click();
    await page.getByText('Saved.').waitFor();
    await page.getByRole('button', { name: 'Give up this name…' }).click();
    await page.getByText('stops working at once').waitFor();
    await page.getByRole('button', { name: 'Leave it as it is' }).click();
    assert.equal(await page.locator(':focus').textContent(), 'Give up this name…');
    await page.keyboard.press('Enter');
    assert.deepEqual(await findBarriers(page), []);
    await page.getByRole('button', { name: 'Give up al@nostrata.example' }).click();
    await page.waitForURL('**/account/names');
    assert.equal(changesOf(/^DELETE names\//).length, 1);
  });

  test('a claimed domain becomes proven while its page is open, without a click', async () => {
    await using domains = await visit('/account/domains');
    const { page } = domains;
    await page.clock.install();
    await page.getByRole('textbox', { name: 'Domain' }).fill('carol.example');
    await page.getByRole('button', { name: 'Claim' }).click();
    const claim = page.getByRole('region', { name: 'carol.example' });
    await claim.getByText('nostrata-verify=', { exact: false }).first().waitFor();
    await claim.getByText('found 1 TXT record at _nostrata.carol.example, and it is not this one').waitFor();
    assert.deepEqual(await findBarriers(page), []);
    accounts.isProofThere = true;
    await page.clock.runFor(21_000);
    await claim.getByText('yours', { exact: true }).waitFor();
    await claim.getByText('found the proof in TXT at _nostrata.carol.example').waitFor();
    await claim.getByRole('button', { name: 'Give up…' }).click();
    await claim.getByRole('button', { name: 'Give up carol.example' }).click();
    await claim.waitFor({ state: 'detached' });
    accounts.isProofThere = false;
  });

  test('a new key is shown once, with only the scopes that were chosen', async () => {
    await using keys = await visit('/account/keys');
    const { page } = keys;
    await page.getByLabel('Name, for you to know it by').fill('My bot');
    await page.getByLabel('See your names').check();
    await page.getByLabel('Only from these addresses').fill('192.0.2.7, 2001:db8::/48');
    await page.getByRole('button', { name: 'Make the key' }).click();
    await page.getByText('nst_live_the-whole-key-wxyz').waitFor();
    assert.match((await page.locator(':focus').textContent()) ?? '', /My bot/);
    assert.deepEqual(await findBarriers(page), []);
    assert.deepEqual(changesOf(/^POST keys$/).at(-1)?.[2], {
      ...{ name: 'My bot', scopes: ['names:read'], addresses: ['192.0.2.7', '2001:db8::/48'] },
    });
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByText('nst_live_the-whole-key-wxyz').waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('heading', { name: 'My bot' }).waitFor();
    assert.equal(await page.getByText('nst_live_the-whole-key-wxyz').count(), 0);
  });

  test('a key is replaced, its use is drawn, and it ends after a question', async () => {
    await using keys = await visit('/account/keys');
    const { page } = keys;
    const key = page.getByRole('region', { name: 'Bot of last year' });
    await key.getByRole('button', { name: 'Usage' }).click();
    await key.getByRole('slider', { name: /Requests with Bot of last year/ }).waitFor();
    await key.getByText('GET /api/v1/stats/overview').waitFor();
    await key.getByText('not with your plan').waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await key.getByRole('button', { name: /^End it…/ }).click();
    await key.getByRole('button', { name: 'End it now' }).click();
    await page.getByRole('button', { name: 'Show keys that have ended (2)' }).click();
    await page
      .getByRole('region', { name: /^Dashboard/ })
      .getByRole('button', { name: /^Replace…/ })
      .click();
    await page.getByLabel('The old key').selectOption('3600');
    await page.getByRole('button', { name: 'Make the new key' }).click();
    await page.getByText('nst_live_the-next-key-next').waitFor();
    assert.deepEqual(await findBarriers(page), [], 'also with two keys of one name');
    assert.deepEqual(changesOf(/rotate$/).at(-1)?.[2], { overlapSeconds: 3600 });
  });

  test('a webhook is set up, tried and switched off; its secret is shown once', async () => {
    await using hooks = await visit('/account/hooks');
    const { page } = hooks;
    await page.getByLabel('Where to').fill('https://new.example/hook');
    await page.getByLabel('A payment of yours is settled').check();
    await page.getByRole('button', { name: 'Set it up' }).click();
    await page.getByText('whsec_c2hvd24gdGhpcyBvbmNl').waitFor();
    await page.getByRole('button', { name: 'I have it' }).click();
    const hook = page.getByRole('region', { name: 'new.example' });
    await hook.getByRole('button', { name: /^Send a test/ }).click();
    await hook.getByText('no answer in time, 7 tries').waitFor();
    await hook.getByText('answered with 204, one try').waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await hook.getByRole('button', { name: /^New secret…/ }).click();
    await hook.getByRole('button', { name: 'Make a new secret' }).click();
    await page.getByText('whsec_YW5vdGhlciBzZWNyZXQ=').waitFor();
    // The question is gone with its answer, and the secret is what is read next.
    await hook.getByRole('button', { name: /^New secret…/ }).waitFor();
    assert.equal(await page.locator(':focus').textContent(), 'The secret of the webhook');
    await hook.getByRole('button', { name: /^Switch off/ }).click();
    await hook.getByText('off', { exact: true }).waitFor();
    await hook.getByRole('button', { name: /^Remove…/ }).click();
    await hook.getByRole('button', { name: 'Remove it' }).click();
    await hook.waitFor({ state: 'detached' });
  });

  test('addresses of others and hosts are looked at, with sentences', async () => {
    await using names = await visit('/account/names');
    const { page } = names;
    const lookUp = page.getByRole('region', { name: 'Look up an address' });
    await lookUp.getByLabel('Address').fill('bob@example.com');
    await page.keyboard.press('Enter');
    await lookUp.getByText('The host names this key for the address.').waitFor();
    const audit = page.getByRole('region', { name: 'Check a host that serves names' });
    await audit.getByLabel('Host').fill('example.com');
    await page.keyboard.press('Enter');
    await audit.getByText('has one thing to mend.').waitFor();
    await audit.getByText('send "Access-Control-Allow-Origin: *"').waitFor();
    assert.deepEqual(await findBarriers(page), []);
  });

  test('somebody is found in the web of trust by an address, and the path to them is shown, or that there is none', async () => {
    await using trust = await visit('/trust');
    const { page } = trust;
    await page.getByLabel('Who', { exact: true }).fill('not a person');
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByText('Write an npub, 64 hex digits, or an address').waitFor();
    await page.getByLabel('Who', { exact: true }).fill('bob@example.com');
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByText('The time between notes varies by 2 % only.').waitFor();
    await page.getByRole('button', { name: 'Find the path' }).click();
    await page.getByText('No chain of follows leads from').waitFor();
    await page.getByRole('textbox', { name: 'From' }).fill(encodeNpub(bob.pubkey));
    await page.getByRole('textbox', { name: 'To' }).fill(alice.pubkey);
    await page.getByRole('button', { name: 'Find the path' }).click();
    await page.getByText('3 steps.').waitFor();
    assert.equal(await page.locator('.found .chain li').count(), 4);
    assert.deepEqual(await findBarriers(page), []);
  });
});
