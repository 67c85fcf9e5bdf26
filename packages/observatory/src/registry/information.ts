import { createHash } from 'node:crypto';
import type { Database, Queryable, SqlValue } from '@nostrata/database';
import { cutText, parseRelayInformation, type RelayInformation } from '@nostrata/protocol';
import type { RegistryLimits } from './limits.ts';
import { parseSoftware } from './software.ts';

/** An information document (NIP-11) of a relay, as it came. */
export interface SeenInformation {
  readonly relay: number;
  readonly information: unknown;
  readonly atMs: number;
}

/** Keeps an information document where it says something new, and what lists show of it; returns whether it did. */
export async function noteInformation(
  database: Database,
  { relay, information, atMs }: SeenInformation,
  limits: RegistryLimits,
): Promise<boolean> {
  const fields = parseRelayInformation(information);
  const text = JSON.stringify(information);
  return await database.transaction(async (transaction) => {
    const [known] = await transaction.query<{ information: string }>(
      'SELECT information FROM registry_information WHERE relay = $1 ORDER BY at_ms DESC LIMIT 1',
      [relay],
    );
    if (known !== undefined && digestOf(JSON.parse(known.information)) === digestOf(information)) return false;
    await writeColumns(transaction, relay, { fields, countries: readCountries(information) });
    if (text.length > limits.informationCharactersMax) return false;
    await transaction.query(
      `INSERT INTO registry_information (relay, at_ms, information) VALUES ($1, $2, $3)
        ON CONFLICT (relay, at_ms) DO UPDATE SET information = excluded.information`,
      [relay, atMs, text],
    );
    await forgetOldest(transaction, relay, limits.informationHistoryMax);
    return true;
  });
}

/** Fields of the NIP. Relays add clocks and counters of their own, which would make a new document of every look. */
const knownFields = [
  'name',
  'description',
  'banner',
  'icon',
  'pubkey',
  'self',
  'contact',
  'supported_nips',
  'software',
  'version',
  'terms_of_service',
  'limitation',
  'retention',
  'relay_countries',
  'language_tags',
  'tags',
  'posting_policy',
  'payments_url',
  'fees',
] as const;

/** The same for documents that say the same, whatever the order of their fields. */
function digestOf(information: unknown): string {
  const document = information as Readonly<Record<string, unknown>>;
  const known = knownFields.map((field) => sortFields(document[field] ?? null));
  return createHash('sha256').update(JSON.stringify(known)).digest('hex');
}

function sortFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortFields);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, field]) => [name, sortFields(field)]);
}

const nameCharactersMax = 100;
const versionCharactersMax = 60;
const nipsMax = 200;

async function writeColumns(
  transaction: Queryable,
  relay: number,
  { fields, countries }: { readonly fields: RelayInformation; readonly countries: readonly string[] },
): Promise<void> {
  const software = parseSoftware(fields.software);
  const values: SqlValue[] = [
    cleanText(fields.name, nameCharactersMax),
    software?.key ?? null,
    software?.name ?? null,
    cleanText(fields.version, versionCharactersMax),
    formatNips(fields.supported_nips ?? []),
    fields.limitation?.auth_required === true ? 1 : 0,
    fields.limitation?.payment_required === true ? 1 : 0,
    relay,
  ];
  await transaction.query(
    `UPDATE registry_relay SET name = $1, software = $2, software_name = $3, version = $4, nips = $5,
      auth_required = $6, payment_required = $7 WHERE relay = $8`,
    values,
  );
  const [country] = countries;
  if (countries.length !== 1 || country === undefined) return;
  // Where it stands goes before which law it names.
  await transaction.query(
    `UPDATE registry_relay SET country = $1, country_source = 'nip11'
      WHERE relay = $2 AND (country IS NULL OR country_source = 'nip11')`,
    [country, relay],
  );
}

/** The NIPs as they are searched: `,1,11,`. */
function formatNips(nips: readonly number[]): string {
  const valid = nips.filter((nip) => nip >= 0 && nip < 10_000).slice(0, nipsMax);
  return `,${valid
    .sort((a, b) => a - b)
    .map((nip) => `${nip},`)
    .join('')}`;
}

/** Countries whose law the relay names (ISO 3166-1 alpha-2). */
function readCountries(information: unknown): readonly string[] {
  const { relay_countries: list } = information as { readonly relay_countries?: unknown };
  if (!Array.isArray(list)) return [];
  return list.filter((code): code is string => typeof code === 'string' && /^[A-Z]{2}$/.test(code) && code !== 'EU');
}

/** Text of strangers in one line, without the characters that no database and no page wants. */
function cleanText(text: string | undefined, charactersMax: number): string | null {
  const clean = text?.replace(/[\u0000-\u001f\u007f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g, ' ').trim();
  return cutText(clean?.toWellFormed(), charactersMax) ?? null;
}

async function forgetOldest(transaction: Queryable, relay: number, max: number): Promise<void> {
  await transaction.query(
    `DELETE FROM registry_information WHERE relay = $1 AND at_ms <= (SELECT at_ms FROM registry_information
      WHERE relay = $1 ORDER BY at_ms DESC LIMIT 1 OFFSET ${max})`,
    [relay],
  );
}
