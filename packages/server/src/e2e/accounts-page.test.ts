import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encodeNpub, parseInvoice } from '@nostrata/protocol';
import {
  skipWithoutChromium,
  startBrowser,
  startLnbits,
  type TestBrowser,
  type TestLnbits,
  waitUntil,
} from '@nostrata/testing';
import { createFolder, startRelay } from './program.ts';
import { startBunker } from './test-bunker.ts';
import { createPerson, createVisitor, type Front, startFront } from './test-house.ts';

const carol = createPerson(31);
/** Starting, signing and paying on a busy machine. */
const stepMs = 20_000;

interface Served {
  readonly names: Readonly<Record<string, string>>;
}

describe('a person with a browser before the real program', { skip: skipWithoutChromium() }, () => {
  const open = new AsyncDisposableStack();
  let house: {
    readonly front: Front;
    readonly lnbits: TestLnbits;
    readonly browser: TestBrowser;
    /** Where the relay listens, behind the front. */
    readonly relayUrl: string;
  };
  before(async () => {
    const folder = open.use(await createFolder()).path;
    const lnbits = open.use(await startLnbits());
    const front = open.use(await startFront());
    const environment = {
      NOSTRATA_PUBLIC_URL: front.url.replace('http', 'ws'),
      NOSTRATA_TRUSTED_PROXIES: '127.0.0.1',
      NOSTRATA_NAME_HOSTS: 'example.com',
      NOSTRATA_ALLOW_LOCAL_HOSTS: 'yes',
      NOSTRATA_LNBITS_URL: lnbits.url,
      NOSTRATA_LNBITS_KEY: lnbits.invoiceKey,
    };
    const words = ['--accounts', 'yes', '--data', folder, '--roles', 'relay,api,jobs'];
    const relay = open.use(await startRelay(words, { environment, runMs: 120_000 }));
    front.lead(relay.port);
    const browser = await startBrowser({ scripts: {} });
    open.defer(() => browser.stop());
    house = { front, lnbits, browser, relayUrl: `ws://127.0.0.1:${relay.port}/` };
  });
  after(() => open.disposeAsync());

  /** A page of the program, in a browser whose extension signs for Carol. Her secret key is not in the page. */
  async function visit(path: string) {
    const { context } = house.browser;
    const page = await context.newPage();
    page.setDefaultTimeout(stepMs);
    await page.exposeFunction('signAsCarol', carol.sign);
    await page.addInitScript(`window.nostr = {
      getPublicKey: async () => ${JSON.stringify(carol.pubkey)},
      signEvent: (event) => window.signAsCarol(event),
    }`);
    const refused: string[] = [];
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) refused.push(message.text());
    });
    await page.goto(`${house.front.url}${path}`);
    return { page, refused };
  }

  test('signs in, buys a name, pays, has the receipt; the name is served; and signs out', async () => {
    const { page, refused } = await visit('/account/names');
    await page.waitForURL('**/sign-in?next=*');
    await page.getByRole('button', { name: 'Sign in with the extension' }).click();
    await page.getByText('No names yet').waitFor();
    assert.equal(await page.evaluate('document.cookie'), '', 'no script can read the session');

    await page.getByLabel('Name', { exact: true }).fill('carol');
    await page.getByText('costs 21,000 sat a year.').waitFor();
    await page.getByRole('button', { name: 'Register and pay carol@example.com' }).click();
    await page.getByRole('img', { name: 'Lightning invoice to scan' }).waitFor();
    const bolt11 = (await page.locator('.copyable code').textContent()) ?? '';
    const { paymentHash } = parseInvoice(bolt11) ?? {};
    assert.ok(paymentHash, bolt11);
    await house.lnbits.pay(paymentHash);

    await page.getByText('Paid.', { exact: true }).waitFor();
    const receipt = await page.getByRole('link', { name: /^Receipt / }).getAttribute('href');
    const printed = await page.context().request.get(`${house.front.url}${receipt}`);
    assert.equal(printed.status(), 200);
    assert.match(await printed.text(), /carol@example\.com/);

    await page.getByRole('link', { name: 'Names', exact: true }).click();
    await page.getByRole('link', { name: 'carol@example.com' }).click();
    await page.getByText('works', { exact: true }).waitFor();
    await page.getByTitle(encodeNpub(carol.pubkey)).first().waitFor();
    const visitor = createVisitor(house.front.url);
    const load = () => visitor.ask<Served>('/.well-known/nostr.json?name=carol', { headers: { host: 'example.com' } });
    await waitUntil(async () => (await load()).names.carol === carol.pubkey, { what: 'the name', timeoutMs: stepMs });

    await page.getByRole('link', { name: 'Overview', exact: true }).last().click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor();
    assert.equal((await page.context().request.get(`${house.front.url}/api/v1/auth/me`)).status(), 401);
    assert.deepEqual(refused, []);
    await page.close();
  });

  test('signs in with a remote signer, by the address that it shows, over the relay of the program itself', async () => {
    const dave = createPerson(32);
    await using bunker = await startBunker(house.relayUrl, dave.secret);
    const context = await house.browser.context.browser()?.newContext();
    assert.ok(context);
    const page = await context.newPage();
    page.setDefaultTimeout(stepMs);
    await page.goto(`${house.front.url}/sign-in`);
    await page.getByLabel('Or paste the address that your signer shows').fill(bunker.address);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.waitForURL('**/account');
    await page.getByText(encodeNpub(dave.pubkey)).waitFor();
    assert.ok(bunker.asked.includes('connect') && bunker.asked.includes('sign_event'), bunker.asked.join());
    await context.close();
  });

  test('points the name at another key by an order that the extension signs', async () => {
    const other = createPerson(32);
    const { page } = await visit('/sign-in?next=/account/names');
    await page.getByRole('button', { name: 'Sign in with the extension' }).click();
    await page.getByRole('link', { name: 'carol@example.com' }).click();
    const rekey = page.getByRole('region', { name: 'Point it at another key of yours' });
    await rekey.getByLabel('The new key').fill(encodeNpub(other.pubkey));
    await rekey.getByRole('button', { name: 'Find' }).click();
    await rekey.getByRole('button', { name: 'Change the key…' }).click();
    await rekey.getByRole('button', { name: 'Sign with my extension' }).click();
    await page.getByText('Pointed at another key', { exact: true }).waitFor();
    const { names } = await createVisitor(house.front.url).ask<Served>('/.well-known/nostr.json?name=carol', {
      headers: { host: 'example.com' },
    });
    assert.equal(names.carol, other.pubkey);
    await page.close();
  });
});
