import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encodeNpub } from '@nostrata/protocol';
import { skipWithoutChromium } from '@nostrata/testing';
import type { Page } from 'playwright-core';
import { type AccountsFixture, createAccountsFixture } from './test-accounts.ts';
import { alice, bob } from './test-accounts-data.ts';
import { findBarriers, goTo, startReader, type TestReader, type VisitOptions } from './test-visit.ts';

/** Every page about people and money, and a text that is there only with its answer. */
const pages: readonly (readonly [path: string, text: string])[] = [
  ['/account', 'this one'],
  ['/account/names', 'cartographer@nostrata.example'],
  ['/account/names/nam_00000000000000000001', 'Pointed at another key'],
  ['/account/domains', 'bücher.example'],
  ['/account/plan', 'pro'],
  ['/account/payments', 'R-2026-000001'],
  ['/account/payments/pay_00000000000000000009', '18,900 sat'],
  ['/account/keys', '192.0.2.7, 2001:db8::/48'],
  ['/account/hooks', 'hooks.alice.example/nostrata'],
  ['/plans', 'For people.'],
  ['/trust', 'Trusted most'],
  [`/trust/${encodeNpub(alice.pubkey)}`, 'Followers that count'],
  [`/trust/${encodeNpub(bob.pubkey)}`, 'likely a bot'],
];

/** The pages of the administration, likewise. */
const adminPages: readonly (readonly [path: string, text: string])[] = [
  ['/admin', '1,204'],
  ['/admin/users', 'Plan'],
  ['/admin/users/usr_00000000000000000002', 'Suspend…'],
  ['/admin/names', 'premium'],
  ['/admin/payments', 'Ask the provider'],
  ['/admin/refunds', 'this person'],
  ['/admin/audit', 'payment.settled'],
];

const emptyWords: readonly (readonly [path: string, words: string])[] = [
  ['/account/names', 'No names yet'],
  ['/account/domains', 'No domains yet'],
  ['/account/payments', 'Nothing paid yet'],
  ['/account/keys', 'No keys yet'],
  ['/account/hooks', 'No webhooks yet'],
];

const freeWords: readonly (readonly [path: string, words: string])[] = [
  ['/account/domains', 'Your plan has no domains.'],
  ['/account/keys', 'Your plan has no API keys.'],
  ['/account/hooks', 'Your plan has no webhooks.'],
];

/** Looks at a page as everybody sees it: nothing in the way in either theme, nothing wider than the window. */
async function look(page: Page, { path, text }: { path: string; text: string }): Promise<void> {
  await goTo(page, path);
  await page.getByText(text, { exact: true }).first().waitFor();
  await page.getByText('Loading…').waitFor({ state: 'detached' });
  const wider = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  assert.ok(wider <= 0, `${path} is ${wider} px too wide`);
  assert.deepEqual(await findBarriers(page), [], path);
}

describe('the pages about people and money', { skip: skipWithoutChromium() }, () => {
  let reader: TestReader | undefined;
  let accounts: AccountsFixture | undefined;
  before(async () => {
    accounts = createAccountsFixture();
    reader = await startReader({ accounts });
  });
  after(() => reader?.[Symbol.asyncDispose]());

  async function visit(path: string, options: VisitOptions & { standing?: AccountsFixture['standing'] }) {
    assert.ok(reader && accounts);
    const { standing = 'entitled', ...visiting } = options;
    accounts.standing = standing;
    return await reader.visit(path, { expected: /Failed to load resource/, ...visiting });
  }

  for (const [standing, all] of [
    ['entitled', pages],
    ['admin', adminPages],
  ] as const) {
    test(`show what is there (${standing}) in both themes, on a phone and on a desk; nothing leaves the origin`, async () => {
      for (const [width, theme] of [
        [390, 'light'],
        [1440, 'dark'],
      ] as const) {
        await using visited = await visit('/about', { standing, width, theme });
        for (const [path, text] of all) await look(visited.page, { path, text });
        assert.deepEqual(visited.faults, []);
      }
    });
  }

  test('show the administration to nobody else, and let support look without buttons', async () => {
    await using other = await visit('/admin/users', {});
    await other.page.getByText('These pages are for those who run this server.').waitFor();
    assert.equal(await other.page.getByRole('link', { name: 'Admin', exact: true }).count(), 0);
    await using support = await visit('/admin/users/usr_00000000000000000002', { standing: 'support' });
    await support.page.getByText('Their payments').waitFor();
    assert.equal(await support.page.getByRole('button', { name: 'Suspend…' }).count(), 0);
  });

  test('say so in words where there is nothing yet', async () => {
    await using empty = await visit('/about', { scene: 'empty' });
    for (const [path, words] of emptyWords) {
      await goTo(empty.page, path);
      await empty.page.getByText(words).waitFor();
      assert.deepEqual(await findBarriers(empty.page), [], path);
    }
  });

  test('say what the plan does not allow, and where the plans are', async () => {
    await using free = await visit('/about', { standing: 'free' });
    for (const [path, words] of freeWords) {
      await goTo(free.page, path);
      await free.page.getByText(words).waitFor();
      await free.page.getByRole('link', { name: 'See the plans' }).waitFor();
      assert.deepEqual(await findBarriers(free.page), [], path);
    }
  });

  test('tell an error in its own words, and trying again helps', async () => {
    await using broken = await visit('/account/names', { scene: 'error' });
    await broken.page.getByRole('alert').getByText('The accounts cannot be read just now.').first().waitFor();
    assert.deepEqual(await findBarriers(broken.page), []);
    reader?.site.show('usual');
    await broken.page.getByRole('button', { name: 'Try again' }).first().click();
    await broken.page.getByText('cartographer@nostrata.example').waitFor();
  });

  test('say that they wait', async () => {
    await using waiting = await visit('/account/keys', { scene: 'loading' });
    await waiting.page.getByText('Loading…').waitFor();
    assert.deepEqual(await findBarriers(waiting.page), []);
  });

  test('lead whoever is signed out to the way in and back', async () => {
    await using out = await visit('/account/keys', { standing: 'out' });
    await out.page.waitForURL('**/sign-in?next=*keys');
    await out.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.deepEqual(await findBarriers(out.page), []);
  });

  test('say so where the server is away', async () => {
    await using offline = await visit('/account/keys', { scene: 'offline' });
    await offline.page.getByText('The server cannot be reached.').waitFor();
  });
});

test('a server without accounts and trust says so on their pages', { skip: skipWithoutChromium() }, async () => {
  await using reader = await startReader();
  await using off = await reader.visit('/account/names');
  await off.page.getByText('This server measures the network and has no accounts.').waitFor();
  await goTo(off.page, '/trust');
  await off.page.getByText('No web of trust here.').waitFor();
  assert.deepEqual(off.faults, []);
});
