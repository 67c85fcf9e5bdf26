// Prints docs/reference/http.md.
import { createAccounts, createNameSettings, defaultPlans } from '@nostrata/accounts';
import { openSqlite } from '@nostrata/database';
import { type ApiSection, defaultHttpSettings, renderApiReference } from '@nostrata/http';
import { createObservatorySection, defaultApiSettings } from '@nostrata/observatory';
import { toAccountsSection, toTrustSection } from '@nostrata/server';
import { createTrustRoutes } from '@nostrata/trust';

/** What routes are made of and use only when they are asked. */
const unasked = new Proxy(
  {},
  {
    get: (_, name) => {
      throw new Error(`a route asked for ${String(name)} before it was asked itself`);
    },
  },
) as never;

/** What all rooms add to the API. */
export function gatherSections(): readonly ApiSection[] {
  const observatory = createObservatorySection({
    statistics: unasked,
    relays: unasked,
    cache: unasked,
    clock: unasked,
    logger: unasked,
    metrics: unasked,
    settings: defaultApiSettings,
  });
  const trust = createTrustRoutes({ trust: unasked, clock: unasked });
  return [observatory, toTrustSection(trust), toAccountsSection(createAccountRoutes())];
}

function createAccountRoutes() {
  const host = 'example.com';
  const { routes } = createAccounts({
    // Its dialect is asked for at once, its tables never.
    database: openSqlite(':memory:'),
    clock: unasked,
    random: unasked,
    logger: unasked,
    metrics: unasked,
    secret: new Uint8Array(32),
    origin: `https://${host}`,
    admins: [],
    plans: defaultPlans(),
    names: createNameSettings({ hosts: [host] }),
    seller: { name: host, address: [], npub: '', taxId: null, taxPercent: 0 },
    providers: [],
    lookups: [],
    outgoing: unasked,
    loadDiscountPercent: unasked,
    witness: { signer: undefined, loadPublished: unasked },
    sign: unasked,
    publish: unasked,
  });
  return routes;
}

/** What the documents say where the operator chose nothing. */
export const usual = { title: 'Nostrata', version: defaultApiSettings.version, settings: defaultHttpSettings };

/** Renders the reference of all routes of the program. */
export function renderHttpReference(): string {
  return renderApiReference(gatherSections(), usual);
}

if (import.meta.main) process.stdout.write(renderHttpReference());
