export {
  findChromium,
  skipWithoutChromium,
  startBrowser,
  type TestBrowser,
  type TestSite,
} from './src/browser.ts';
export type { PageLawResult } from './src/browser-laws.ts';
export { createEventBuilder, type EventBuilder, type EventParts, note } from './src/builder.ts';
export { createCertificate, type TestCertificate } from './src/certificate.ts';
export {
  type ClientOptions,
  type CountAnswer,
  connectClient,
  type OkResult,
  type RelayFrame,
  type RequestResult,
  type TestClient,
} from './src/client.ts';
export { createFakeClock, type FakeClock } from './src/clock.ts';
export { createEventFile } from './src/data-file.ts';
export { type DataSetOptions, type Draft, generateDrafts, generateEvents } from './src/data-set.ts';
export { type DnsAsked, type DnsFault, startDnsServer, type TestDns } from './src/dns-server.ts';
export type { DnsRecord } from './src/dns-wire.ts';
export { createKeys, type Keys, signEvent } from './src/keys.ts';
export { createMortalDatabase } from './src/mortal-database.ts';
export {
  compareEvents,
  createNaiveStore,
  type NaiveOutcome,
  type NaiveStore,
  type NaiveStoreOptions,
  naiveQuery,
} from './src/naive.ts';
export type { ListView, Versions } from './src/network/event-list.ts';
export { noFaults, type RelayFaults } from './src/network/faults.ts';
export type { SettleOptions } from './src/network/flight.ts';
export type { LedgerEvent, LedgerRequest, RelayLedger } from './src/network/ledger.ts';
export {
  createTestNetwork,
  type NetworkOptions,
  type NetworkTotals,
  type TestNetwork,
} from './src/network/network.ts';
export type { TestRelay } from './src/network/relay.ts';
export { type Spread, type SpreadOptions, spreadEvents } from './src/network/spread.ts';
export {
  type BtcpayDelivery,
  type BtcpayInvoice,
  type BtcpayOptions,
  type BtcpayPayment,
  startBtcpay,
  type TestBtcpay,
} from './src/payments/btcpay.ts';
export { createInvoice, type InvoiceParts, type TestInvoice } from './src/payments/invoice.ts';
export { type LnbitsOptions, type LnbitsPayment, startLnbits, type TestLnbits } from './src/payments/lnbits.ts';
export {
  type NwcOptions,
  startNwcWallet,
  type TestWallet,
  type WalletFault,
  type WalletInvoice,
} from './src/payments/nwc.ts';
export type { PaymentServer, SeenRequest, ServerFault, TestDelivery } from './src/payments/server.ts';
export {
  type StripeDelivery,
  type StripeOptions,
  type StripeSession,
  type StripeSigning,
  startStripe,
  type TestStripe,
} from './src/payments/stripe.ts';
export { type NoPostgres, type PostgresOptions, startPostgres, type TestPostgres } from './src/postgres.ts';
export { type SeededRandom, seededRandom } from './src/random.ts';
export { type NoRedis, type RedisOptions, startRedis, type TestRedis } from './src/redis.ts';
export { fc, parseSeed, testSeed } from './src/seed.ts';
export { readJsonLines, readText, requireSharedData, sharedData, skipWithout } from './src/shared-data.ts';
export { createNativeSigner, createPureSigner, createSigner, createWasmSigner, type Signer } from './src/signer.ts';
export { createUncheckedEvent, uncheckedPubkey } from './src/unchecked.ts';
export { type WaitOptions, waitUntil } from './src/wait.ts';
