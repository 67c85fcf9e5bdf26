import { accountsTable } from './accounts-table.ts';
import { observatoryTable } from './observatory-table.ts';
import { trustTable } from './trust-table.ts';
import type { SettingType, ValueByType } from './values.ts';

/** One setting of the program. */
export interface Setting {
  /** Its name in the config file; flag and environment names are made from it. */
  readonly name: string;
  readonly type: SettingType;
  /** Written as a user would write it. */
  readonly default: string;
  readonly description: string;
  readonly group:
    | 'Program'
    | 'HTTP'
    | 'About this relay'
    | 'Limits'
    | 'Admission'
    | 'Retention'
    | 'Observatory'
    | 'Trust'
    | 'Other relays'
    | 'Accounts'
    | 'Payments';
  /** True where the value must not be shown. */
  readonly secret?: boolean;
  /** True where it has no flag, as command lines are seen by every user of the machine. */
  readonly withoutFlag?: boolean;
}

/** Every setting there is. Help, environment names, defaults, types and the reference page are made from this table. */
export const settingTable = [
  {
    name: 'data',
    type: 'text',
    default: './data',
    group: 'Program',
    description: 'folder for everything that is kept',
  },
  {
    name: 'store',
    type: 'text',
    default: '',
    group: 'Program',
    secret: true,
    description:
      'where events live: sqlite:FOLDER, postgres://USER:PASSWORD@HOST/DATABASE or memory:; empty means sqlite in the data folder',
  },
  {
    name: 'host',
    type: 'text',
    default: '127.0.0.1',
    group: 'Program',
    description: 'address to listen on; 0.0.0.0 or :: for every interface',
  },
  {
    name: 'port',
    type: 'port',
    default: '7447',
    group: 'Program',
    description: 'port to listen on; 0 picks a free one',
  },
  {
    name: 'logLevel',
    type: 'level',
    default: 'warn',
    group: 'Program',
    description: 'least level that is logged: silent, error, warn, info or debug',
  },
  {
    name: 'verifyWorkers',
    type: 'integer',
    default: '0',
    group: 'Program',
    description: 'threads that check signatures; 0 chooses by the number of cores',
  },
  {
    name: 'publicUrl',
    type: 'text',
    default: '',
    group: 'HTTP',
    description:
      'the address clients use, such as wss://relay.example.com; empty takes the address each client says it connected to, and then another relay could pass our challenge on and authenticate here as its own users: set it wherever clients authenticate (NIP-42)',
  },
  {
    name: 'trustedProxies',
    type: 'list',
    default: '',
    group: 'HTTP',
    description: 'addresses or networks (10.0.0.0/8) whose X-Forwarded-For, -Proto and -Host are believed',
  },
  {
    name: 'compression',
    type: 'flag',
    default: 'no',
    group: 'HTTP',
    description: 'permessage-deflate on WebSockets: less traffic for more CPU and memory',
  },
  { name: 'metrics', type: 'flag', default: 'yes', group: 'HTTP', description: 'serve GET /metrics' },
  {
    name: 'relayName',
    type: 'text',
    default: 'Nostrata',
    group: 'About this relay',
    description: 'name in the information document (NIP-11)',
  },
  {
    name: 'relayDescription',
    type: 'text',
    default: '',
    group: 'About this relay',
    description: 'description in the information document',
  },
  {
    name: 'relayPubkey',
    type: 'pubkeys',
    default: '',
    group: 'About this relay',
    description: 'pubkey of the operator',
  },
  {
    name: 'relayContact',
    type: 'text',
    default: '',
    group: 'About this relay',
    description: 'how to reach the operator, such as mailto:admin@example.com',
  },
  { name: 'relayIcon', type: 'text', default: '', group: 'About this relay', description: 'URL of a square image' },
  { name: 'relayBanner', type: 'text', default: '', group: 'About this relay', description: 'URL of a wide image' },
  {
    name: 'relayTerms',
    type: 'text',
    default: '',
    group: 'About this relay',
    description: 'URL of the terms of service',
  },
  {
    name: 'relayPrivacy',
    type: 'text',
    default: '',
    group: 'About this relay',
    description: 'URL of the privacy policy',
  },
  {
    name: 'relaySelf',
    type: 'pubkeys',
    default: '',
    group: 'About this relay',
    description: "the relay's own pubkey; empty makes a key once and keeps it in the data folder",
  },
  {
    name: 'maxConnections',
    type: 'integer',
    default: '10000',
    group: 'Limits',
    description: 'WebSockets open at a time; 0 for no limit',
  },
  {
    name: 'maxConnectionsPerIp',
    type: 'integer',
    default: '1000',
    group: 'Limits',
    description: 'WebSockets open at a time from one address (of IPv6, one /64 network); 0 for no limit',
  },
  {
    name: 'maxMessageBytes',
    type: 'bytes',
    default: '1MiB',
    group: 'Limits',
    description: 'largest message from a client',
  },
  {
    name: 'maxSubscriptions',
    type: 'integer',
    default: '300',
    group: 'Limits',
    description: 'subscriptions of one connection',
  },
  { name: 'maxFilters', type: 'integer', default: '32', group: 'Limits', description: 'filters in one REQ or COUNT' },
  {
    name: 'maxFilterValues',
    type: 'integer',
    default: '5000',
    group: 'Limits',
    description: 'values in one list of a filter, such as its authors',
  },
  {
    name: 'maxLimit',
    type: 'integer',
    default: '5000',
    group: 'Limits',
    description: 'most events that one filter gives; higher limits are lowered to it',
  },
  {
    name: 'defaultLimit',
    type: 'integer',
    default: '500',
    group: 'Limits',
    description: 'events that a filter without a limit gives',
  },
  {
    name: 'maxSubscriptionIdLength',
    type: 'integer',
    default: '64',
    group: 'Limits',
    description: 'characters of a subscription id',
  },
  {
    name: 'maxMessagesPerSecond',
    type: 'integer',
    default: '50000',
    group: 'Limits',
    description: 'messages of one connection per second, kept up; 0 for no limit',
  },
  {
    name: 'maxPendingBytes',
    type: 'bytes',
    default: '16MiB',
    group: 'Limits',
    description: 'bytes waiting for a slow reader before it is cut off',
  },
  {
    name: 'idle',
    type: 'seconds',
    default: '15m',
    group: 'Limits',
    description: 'silence after which a connection without subscriptions is closed',
  },
  {
    name: 'maxEventBytes',
    type: 'bytes',
    default: '512KiB',
    group: 'Admission',
    description: 'largest event, as JSON',
  },
  { name: 'maxTags', type: 'integer', default: '10000', group: 'Admission', description: 'tags of one event' },
  {
    name: 'maxContentLength',
    type: 'integer',
    default: '0',
    group: 'Admission',
    description: 'characters of content; 0 for no limit but the size of the event',
  },
  {
    name: 'maxFuture',
    type: 'seconds',
    default: '15m',
    group: 'Admission',
    description: 'how far created_at may lie ahead; 0 for no limit (imports: only when set)',
  },
  {
    name: 'maxPast',
    type: 'seconds',
    default: '0',
    group: 'Admission',
    description: 'how far created_at may lie back; 0 for no limit (imports: only when set)',
  },
  {
    name: 'kindsAllow',
    type: 'kinds',
    default: '',
    group: 'Admission',
    description: 'only these kinds; empty for all',
  },
  { name: 'kindsDeny', type: 'kinds', default: '', group: 'Admission', description: 'never these kinds' },
  {
    name: 'pubkeysAllow',
    type: 'pubkeys',
    default: '',
    group: 'Admission',
    description: 'only events of these pubkeys; empty for all',
  },
  {
    name: 'pubkeysDeny',
    type: 'pubkeys',
    default: '',
    group: 'Admission',
    description: 'never events of these pubkeys',
  },
  {
    name: 'minPow',
    type: 'integer',
    default: '0',
    group: 'Admission',
    description: 'bits of proof of work (NIP-13) for every kind',
  },
  {
    name: 'powByKind',
    type: 'kindNumbers',
    default: '',
    group: 'Admission',
    description: 'bits of proof of work by kind',
  },
  {
    name: 'ratePerPubkey',
    type: 'number',
    default: '0',
    group: 'Admission',
    description: 'events per second of one pubkey, kept up; 0 for no limit',
  },
  {
    name: 'burstPerPubkey',
    type: 'integer',
    default: '60',
    group: 'Admission',
    description: 'events of one pubkey at once, where ratePerPubkey is set',
  },
  {
    name: 'ratePerIp',
    type: 'number',
    default: '0',
    group: 'Admission',
    description: 'events per second from one address (of IPv6, one /64 network), kept up; 0 for no limit',
  },
  {
    name: 'burstPerIp',
    type: 'integer',
    default: '120',
    group: 'Admission',
    description: 'events from one address at once, where ratePerIp is set',
  },
  {
    name: 'authRequired',
    type: 'flag',
    default: 'no',
    group: 'Admission',
    description: 'take events only from clients that have authenticated (NIP-42)',
  },
  {
    name: 'authToRead',
    type: 'flag',
    default: 'no',
    group: 'Admission',
    description: 'answer only clients that have authenticated (NIP-42)',
  },
  {
    name: 'retainAge',
    type: 'seconds',
    default: '0',
    group: 'Retention',
    description: 'events older than this are removed; 0 keeps them',
  },
  {
    name: 'retainBytes',
    type: 'bytes',
    default: '0',
    group: 'Retention',
    description: 'the oldest events are removed until the store is no larger; 0 for no limit',
  },
  {
    name: 'retainKinds',
    type: 'kinds',
    default: '0,3,10002',
    group: 'Retention',
    description: 'kinds that are never removed',
  },
  {
    name: 'retainPubkeys',
    type: 'pubkeys',
    default: '',
    group: 'Retention',
    description: 'pubkeys whose events are never removed',
  },
  {
    name: 'retainEvery',
    type: 'seconds',
    default: '1h',
    group: 'Retention',
    description: 'time between two runs of retention while the relay is up',
  },
  {
    name: 'relays',
    type: 'list',
    default: '',
    group: 'Other relays',
    description: 'relays that get, publish and sync go to where nothing else says which',
  },
  {
    name: 'allowLocalRelays',
    type: 'flag',
    default: 'no',
    group: 'Other relays',
    description: 'also connect to relays on private, local and link-local addresses',
  },
  {
    name: 'secretKey',
    type: 'text',
    default: '',
    group: 'Other relays',
    secret: true,
    withoutFlag: true,
    description: 'signs what publish writes: nsec1… or 64 hex digits; only from the environment or the config file',
  },
  ...observatoryTable,
  ...trustTable,
  ...accountsTable,
] as const satisfies readonly Setting[];

type Row = (typeof settingTable)[number];

/** The name of a setting. */
export type SettingName = Row['name'];

/** All settings, parsed. */
export type Settings = { readonly [R in Row as R['name']]: ValueByType[R['type']] };
