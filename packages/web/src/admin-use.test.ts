import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { skipWithoutChromium, waitUntil } from '@nostrata/testing';
import { type AccountsFixture, createAccountsFixture } from './test-accounts.ts';
import { findBarriers, startReader, type TestReader } from './test-visit.ts';

describe('use of the administration', { skip: skipWithoutChromium() }, () => {
  const accounts: AccountsFixture = createAccountsFixture();
  let reader: TestReader | undefined;
  before(async () => {
    accounts.standing = 'admin';
    reader = await startReader({ accounts });
  });
  after(() => reader?.[Symbol.asyncDispose]());

  async function visit(path: string) {
    assert.ok(reader);
    return await reader.visit(path);
  }

  test('somebody is found, and suspended only after a question', async () => {
    await using users = await visit('/admin/users');
    const { page } = users;
    await page.getByRole('searchbox').fill('usr_00000000000000000004');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.waitForURL('**/admin/users?search=usr_00000000000000000004');
    await page.locator('tbody tr').nth(1).waitFor({ state: 'detached' });
    await page.locator('tbody th a').click();
    await page.getByRole('button', { name: 'Suspend…' }).click();
    await page.getByText('They are signed out everywhere').waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await page.getByRole('button', { name: 'Suspend', exact: true }).click();
    await page.getByRole('button', { name: 'Give a plan…' }).click();
    await page.getByRole('button', { name: 'Give the plan' }).click();
    await page.getByRole('button', { name: 'Suspend the plan…' }).click();
    await page.getByRole('button', { name: 'Suspend the plan', exact: true }).click();
    await waitUntil(() => accounts.changed.some(([, path]) => path.endsWith('/subscription')), { what: 'the change' });
    const changed = accounts.changed.map(([method, path]) => `${method} ${path}`);
    assert.ok(changed.includes('PATCH admin/users/usr_00000000000000000004'), changed.join());
    assert.deepEqual(users.faults, []);
  });

  test('a name is taken back with a reason, and a rule is written', async () => {
    const body = (pattern: RegExp): unknown => accounts.changed.findLast(([, path]) => pattern.test(path))?.[2];
    await using names = await visit('/admin/names');
    const { page } = names;
    await page.getByRole('button', { name: /^Take it back….*: alice@/ }).click();
    await page.getByLabel('Why, for the audit log').fill('stolen key');
    await page.getByRole('button', { name: 'Take alice@nostrata.example back' }).click();
    await page.getByLabel('Name', { exact: true }).fill('wallet');
    await page.getByRole('combobox', { name: 'Rule' }).selectOption('premium');
    await page.getByLabel('Satoshi a year').fill('100000');
    assert.deepEqual(await findBarriers(page), []);
    await page.getByRole('button', { name: 'Write the rule' }).click();
    await waitUntil(() => body(/name-rules$/) !== undefined, { what: 'the rule' });
    assert.deepEqual(body(/release$/), { reason: 'stolen key' });
    assert.deepEqual(body(/name-rules$/), { host: '*', local: 'wallet', rule: 'premium', priceMsat: 100_000_000 });
  });

  test('the audit log goes on where it is asked to, and is checked from its beginning', async () => {
    await using audit = await visit('/admin/audit');
    const { page } = audit;
    await page.getByRole('button', { name: 'More' }).click();
    await page.locator('tbody tr').nth(3).waitFor();
    assert.equal(await page.getByRole('button', { name: 'More' }).count(), 0);
    await page.getByRole('button', { name: 'Check the log' }).click();
    await page.getByText('10,233 entries and 30 signed heads agree.').waitFor();
    assert.deepEqual(await findBarriers(page), []);
  });
});
