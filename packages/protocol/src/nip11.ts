import { InvalidError } from './errors.ts';

/** The relay information document (NIP-11), as we write it. Every field may be missing. */
export interface RelayInformation {
  readonly name?: string;
  readonly description?: string;
  readonly banner?: string;
  readonly icon?: string;
  /** Pubkey of the operator. */
  readonly pubkey?: string;
  /** The relay's own pubkey. */
  readonly self?: string;
  readonly contact?: string;
  readonly supported_nips?: readonly number[];
  readonly software?: string;
  readonly version?: string;
  readonly terms_of_service?: string;
  readonly limitation?: RelayLimitation;
  readonly payments_url?: string;
  readonly fees?: Readonly<Record<string, readonly RelayFee[]>>;
}

/** What a relay asks of its clients. Lengths are in bytes or characters and times in seconds, as in the NIP. */
export interface RelayLimitation {
  readonly max_message_length?: number;
  readonly max_subscriptions?: number;
  readonly max_limit?: number;
  readonly max_subid_length?: number;
  readonly max_event_tags?: number;
  readonly max_content_length?: number;
  readonly min_pow_difficulty?: number;
  readonly auth_required?: boolean;
  readonly payment_required?: boolean;
  readonly restricted_writes?: boolean;
  readonly created_at_lower_limit?: number;
  readonly created_at_upper_limit?: number;
  readonly default_limit?: number;
}

/** One way to pay for admission, a subscription or a publication. */
export interface RelayFee {
  readonly amount: number;
  readonly unit: string;
  /** Seconds. */
  readonly period?: number;
  readonly kinds?: readonly number[];
}

const texts = [
  'name',
  'description',
  'banner',
  'icon',
  'pubkey',
  'self',
  'contact',
  'software',
  'version',
  'terms_of_service',
  'payments_url',
] as const;
const numbers = [
  'max_message_length',
  'max_subscriptions',
  'max_limit',
  'max_subid_length',
  'max_event_tags',
  'max_content_length',
  'min_pow_difficulty',
  'created_at_lower_limit',
  'created_at_upper_limit',
  'default_limit',
] as const;
const truths = ['auth_required', 'payment_required', 'restricted_writes'] as const;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads the document of any relay. Real ones are full of wrong types: a field that is not of its type is left out, as
 * are fields that the NIP does not know; NIPs written as text are read as numbers.
 * @throws InvalidError where it is not an object
 */
export function parseRelayInformation(value: unknown): RelayInformation {
  const document = readObject(value);
  if (document === null) throw new InvalidError('relay information is not an object');
  const information: Mutable<RelayInformation> = {};
  for (const name of texts) {
    const text = document[name];
    if (typeof text === 'string') information[name] = text;
  }
  if (Array.isArray(document.supported_nips)) information.supported_nips = readNips(document.supported_nips);
  const limitation = readObject(document.limitation);
  if (limitation) information.limitation = readLimitation(limitation);
  const fees = readObject(document.fees);
  if (fees) information.fees = readFees(fees);
  return information;
}

function readNips(list: readonly unknown[]): number[] {
  const nips = list.map((nip) => (typeof nip === 'string' && /^[0-9]{1,4}$/.test(nip) ? Number(nip) : nip));
  return [...new Set(nips.filter((nip): nip is number => Number.isSafeInteger(nip)))];
}

function readLimitation(fields: Readonly<Record<string, unknown>>): RelayLimitation {
  const limitation: Mutable<RelayLimitation> = {};
  for (const name of numbers) {
    const number = fields[name];
    if (typeof number === 'number') limitation[name] = number;
  }
  for (const name of truths) {
    const truth = fields[name];
    if (typeof truth === 'boolean') limitation[name] = truth;
  }
  return limitation;
}

function readFees(fields: Readonly<Record<string, unknown>>): Record<string, RelayFee[]> {
  const fees: Record<string, RelayFee[]> = {};
  for (const [name, list] of Object.entries(fields)) {
    if (Array.isArray(list)) fees[name] = list.flatMap(readFee);
  }
  return fees;
}

function readFee(value: unknown): RelayFee[] {
  const { amount, unit, period, kinds } = readObject(value) ?? {};
  if (typeof amount !== 'number' || typeof unit !== 'string') return [];
  const fee: Mutable<RelayFee> = { amount, unit };
  if (typeof period === 'number') fee.period = period;
  if (Array.isArray(kinds)) fee.kinds = kinds.filter((kind) => Number.isSafeInteger(kind));
  return [fee];
}

function readObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
