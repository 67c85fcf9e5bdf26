import { type Database, type MigrationSet, migrate } from '@nostrata/database';

/**
 * What cannot be an event, and nothing else: no profile, no follows, no score. Times are milliseconds since 1970, lists
 * are JSON texts, amounts are whole numbers of the smallest unit of their currency (millisatoshi, cents).
 */
const people = [
  // A pubkey, or a Lightning wallet that has not been linked to one yet, by an id that other tables refer to.
  `CREATE TABLE account_user (id TEXT PRIMARY KEY, pubkey TEXT, role TEXT NOT NULL, state TEXT NOT NULL,
    created_ms BIGINT NOT NULL)`,
  'CREATE UNIQUE INDEX account_user_pubkey ON account_user (pubkey) WHERE pubkey IS NOT NULL',
  'CREATE INDEX account_user_created ON account_user (created_ms)',
  'CREATE INDEX account_user_role ON account_user (role, created_ms, id)',
  'CREATE TABLE linking_key (linking_key TEXT PRIMARY KEY, user_id TEXT NOT NULL, created_ms BIGINT NOT NULL)',
  'CREATE INDEX linking_key_user ON linking_key (user_id)',
  `CREATE TABLE auth_challenge (challenge TEXT PRIMARY KEY, domain TEXT NOT NULL, created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL)`,
  'CREATE INDEX auth_challenge_expires ON auth_challenge (expires_ms)',
  // pending → verified → consumed; only who has the poll secret, which is not k1, gets the session.
  `CREATE TABLE lnurl_session (k1 TEXT PRIMARY KEY, poll_hash TEXT NOT NULL, state TEXT NOT NULL, linking_key TEXT,
    action TEXT NOT NULL, user_id TEXT, wrongs BIGINT NOT NULL, created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL)`,
  'CREATE UNIQUE INDEX lnurl_session_poll ON lnurl_session (poll_hash)',
  'CREATE INDEX lnurl_session_expires ON lnurl_session (expires_ms)',
  // Ids of signed requests (NIP-98) and link events that were used, for as long as they would be accepted.
  'CREATE TABLE used_event (id TEXT PRIMARY KEY, expires_ms BIGINT NOT NULL)',
  'CREATE INDEX used_event_expires ON used_event (expires_ms)',
  // Tokens name the session and its turn; a rotation makes the turn before good for a moment only.
  `CREATE TABLE session (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, turn BIGINT NOT NULL, turned_ms BIGINT NOT NULL,
    method TEXT NOT NULL, agent TEXT NOT NULL, address TEXT NOT NULL, created_ms BIGINT NOT NULL,
    used_ms BIGINT NOT NULL, expires_ms BIGINT NOT NULL, revoked_ms BIGINT)`,
  'CREATE INDEX session_of_user ON session (user_id, revoked_ms)',
  'CREATE INDEX session_expires ON session (expires_ms)',
  'CREATE INDEX session_revoked ON session (revoked_ms) WHERE revoked_ms IS NOT NULL',
];

const keys = [
  `CREATE TABLE api_key (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL,
    prefix TEXT NOT NULL, last4 TEXT NOT NULL, scopes TEXT NOT NULL, addresses TEXT NOT NULL, created_ms BIGINT NOT NULL,
    expires_ms BIGINT, used_ms BIGINT, revoked_ms BIGINT, replaced_by TEXT)`,
  'CREATE UNIQUE INDEX api_key_hash ON api_key (hash)',
  'CREATE INDEX api_key_user ON api_key (user_id)',
  `CREATE TABLE api_key_usage (key_id TEXT NOT NULL, hour BIGINT NOT NULL, route TEXT NOT NULL, requests BIGINT NOT NULL,
    refused BIGINT NOT NULL, PRIMARY KEY (key_id, hour, route))`,
];

const namesAndDomains = [
  // Several may claim one domain; the first to prove it has it, and the index lets there be one.
  `CREATE TABLE domain (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, host TEXT NOT NULL, state TEXT NOT NULL,
    method TEXT, created_ms BIGINT NOT NULL, verified_ms BIGINT, checked_ms BIGINT, next_check_ms BIGINT,
    failing_since_ms BIGINT, last_failure TEXT)`,
  `CREATE UNIQUE INDEX domain_host ON domain (host) WHERE state IN ('verified', 'failing', 'suspended')`,
  'CREATE INDEX domain_user ON domain (user_id)',
  `CREATE INDEX domain_pending ON domain (created_ms) WHERE state = 'pending'`,
  'CREATE INDEX domain_next_check ON domain (next_check_ms)',
  // NIP-05: local part and host. What phase it is in follows from its times (see name phases) and is not
  // stored; what is stored is the phase that its holder was last told of, and when to look at it again.
  `CREATE TABLE name (id TEXT PRIMARY KEY, host TEXT NOT NULL, local TEXT NOT NULL, user_id TEXT NOT NULL,
    pubkey TEXT NOT NULL, relays TEXT NOT NULL, coverage TEXT NOT NULL, created_ms BIGINT NOT NULL,
    held_until_ms BIGINT, paid_until_ms BIGINT, ended_ms BIGINT, free_ms BIGINT, is_current BIGINT NOT NULL,
    phase_told TEXT NOT NULL, due_ms BIGINT)`,
  'CREATE UNIQUE INDEX name_current ON name (host, local) WHERE is_current = 1',
  'CREATE INDEX name_user ON name (user_id)',
  'CREATE INDEX name_due ON name (due_ms) WHERE due_ms IS NOT NULL',
  'CREATE INDEX name_pubkey ON name (pubkey)',
  `CREATE TABLE name_change (id TEXT PRIMARY KEY, name_id TEXT NOT NULL, at_ms BIGINT NOT NULL, what TEXT NOT NULL,
    from_pubkey TEXT, to_pubkey TEXT, evidence TEXT)`,
  'CREATE INDEX name_change_name ON name_change (name_id)',
  'CREATE INDEX name_change_from ON name_change (from_pubkey) WHERE from_pubkey IS NOT NULL',
  'CREATE INDEX name_change_to ON name_change (to_pubkey) WHERE to_pubkey IS NOT NULL',
  `CREATE TABLE name_rule (host TEXT NOT NULL, local TEXT NOT NULL, rule TEXT NOT NULL, price_msat BIGINT,
    created_ms BIGINT NOT NULL, PRIMARY KEY (host, local))`,
];

const money = [
  // One row a user, the state of the last paid or granted period; phases are computed from it.
  `CREATE TABLE subscription (user_id TEXT PRIMARY KEY, plan TEXT NOT NULL, period TEXT NOT NULL,
    started_ms BIGINT NOT NULL, anchor_ms BIGINT, trial_end_ms BIGINT, period_start_ms BIGINT, period_end_ms BIGINT,
    grace_days BIGINT NOT NULL, is_lifetime BIGINT NOT NULL, paid_msat BIGINT NOT NULL, cancels_at_end BIGINT NOT NULL, next_plan TEXT,
    next_period TEXT, suspended_ms BIGINT, reminded TEXT NOT NULL, updated_ms BIGINT NOT NULL)`,
  'CREATE INDEX subscription_period_end ON subscription (period_end_ms)',
  // What was quoted is on the row and is what is credited, whatever prices say later.
  `CREATE TABLE payment (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, provider TEXT NOT NULL, provider_ref TEXT,
    state TEXT NOT NULL, purchase TEXT NOT NULL, description TEXT NOT NULL, currency TEXT NOT NULL, amount BIGINT NOT NULL,
    price BIGINT NOT NULL, discount_percent BIGINT NOT NULL, credit BIGINT NOT NULL, quote TEXT NOT NULL,
    bolt11 TEXT, payment_hash TEXT, checkout_url TEXT, idempotency_key TEXT, created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL, settled_ms BIGINT, paid_amount BIGINT, next_check_ms BIGINT, checks BIGINT NOT NULL,
    failure TEXT)`,
  'CREATE UNIQUE INDEX payment_provider_ref ON payment (provider, provider_ref) WHERE provider_ref IS NOT NULL',
  'CREATE UNIQUE INDEX payment_hash ON payment (payment_hash) WHERE payment_hash IS NOT NULL',
  'CREATE UNIQUE INDEX payment_idempotency ON payment (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL',
  'CREATE INDEX payment_user ON payment (user_id, created_ms)',
  'CREATE INDEX payment_created ON payment (created_ms)',
  'CREATE INDEX payment_next_check ON payment (next_check_ms) WHERE next_check_ms IS NOT NULL',
  // What providers sent, as it came, until it was worked on; the same delivery is one row.
  `CREATE TABLE payment_inbox (provider TEXT NOT NULL, delivery TEXT NOT NULL, received_ms BIGINT NOT NULL,
    body TEXT NOT NULL, provider_ref TEXT, state TEXT NOT NULL, attempts BIGINT NOT NULL, next_ms BIGINT,
    failure TEXT, PRIMARY KEY (provider, delivery))`,
  'CREATE INDEX payment_inbox_next ON payment_inbox (next_ms) WHERE next_ms IS NOT NULL',
  // One row for each payment that was credited: what it bought. The unique key is what makes a second credit impossible.
  `CREATE TABLE entitlement (payment_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, purchase TEXT NOT NULL,
    granted TEXT NOT NULL, at_ms BIGINT NOT NULL)`,
  'CREATE INDEX entitlement_user ON entitlement (user_id)',
  // Double entry: the amounts of one transaction and currency add up to nothing.
  `CREATE TABLE ledger_entry (transaction_id TEXT NOT NULL, account TEXT NOT NULL, currency TEXT NOT NULL,
    amount BIGINT NOT NULL, payment_id TEXT NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (transaction_id, account, currency))`,
  'CREATE INDEX ledger_entry_payment ON ledger_entry (payment_id)',
  'CREATE TABLE receipt_year (year BIGINT PRIMARY KEY, last BIGINT NOT NULL)',
  `CREATE TABLE receipt (number TEXT PRIMARY KEY, payment_id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL,
    issued_ms BIGINT NOT NULL, document TEXT NOT NULL, hash TEXT NOT NULL)`,
  'CREATE INDEX receipt_user ON receipt (user_id)',
  `CREATE TABLE refund_owed (id TEXT PRIMARY KEY, payment_id TEXT NOT NULL, user_id TEXT NOT NULL, currency TEXT NOT NULL,
    amount BIGINT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL, created_ms BIGINT NOT NULL, closed_ms BIGINT,
    note TEXT)`,
  'CREATE UNIQUE INDEX refund_owed_reason ON refund_owed (payment_id, reason)',
];

const records = [
  // Each row holds the hash of the one before: what was changed afterwards shows. Details refer to people by id.
  `CREATE TABLE audit_log (seq BIGINT PRIMARY KEY, at_ms BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    entity TEXT NOT NULL, details TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL)`,
  'CREATE INDEX audit_log_entity ON audit_log (entity, seq)',
  'CREATE INDEX audit_log_actor ON audit_log (actor, seq)',
  'CREATE INDEX audit_log_action ON audit_log (action, seq)',
  'CREATE TABLE audit_head (day BIGINT PRIMARY KEY, seq BIGINT NOT NULL, hash TEXT NOT NULL, event TEXT NOT NULL)',
  // What users are told: written with what it tells of, sent afterwards.
  `CREATE TABLE notice (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, topic TEXT NOT NULL, payload TEXT NOT NULL,
    at_ms BIGINT NOT NULL, state TEXT NOT NULL)`,
  `CREATE INDEX notice_new ON notice (at_ms) WHERE state = 'new'`,
  // Its secret is derived from its id and generation; after a rotation the one before signs too for a while.
  `CREATE TABLE hook (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, url TEXT NOT NULL, topics TEXT NOT NULL,
    state TEXT NOT NULL, generation BIGINT NOT NULL, rotated_ms BIGINT, created_ms BIGINT NOT NULL,
    failing_since_ms BIGINT)`,
  'CREATE INDEX hook_user ON hook (user_id)',
  `CREATE TABLE hook_delivery (id TEXT PRIMARY KEY, hook_id TEXT NOT NULL, notice_id TEXT NOT NULL, state TEXT NOT NULL,
    attempts BIGINT NOT NULL, next_ms BIGINT, last_status BIGINT, last_failure TEXT, done_ms BIGINT)`,
  'CREATE UNIQUE INDEX hook_delivery_once ON hook_delivery (hook_id, notice_id)',
  'CREATE INDEX hook_delivery_next ON hook_delivery (next_ms) WHERE next_ms IS NOT NULL',
];

const steps = [
  { name: 'people', statements: people },
  { name: 'keys', statements: keys },
  { name: 'names and domains', statements: namesAndDomains },
  { name: 'money', statements: money },
  { name: 'records', statements: records },
];

/** What is only ever added to is kept so by the database itself. */
function guards(dialect: Database['dialect']): string[] {
  const tables = ['audit_log', 'audit_head', 'receipt', 'ledger_entry', 'entitlement'];
  if (dialect === 'sqlite') {
    const verbs = tables.flatMap((table) =>
      ['UPDATE', 'DELETE'].map(
        (verb) => `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table}
          BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END`,
      ),
    );
    // INSERT OR REPLACE removes a row without a word to the triggers of DELETE.
    const replacing = `CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log
      WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq)
      BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END`;
    return [...verbs, replacing];
  }
  return [
    `CREATE FUNCTION accounts_append_only() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$`,
    ...tables.map(
      (table) => `CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION accounts_append_only()`,
    ),
  ];
}

/** Creates the tables of accounts. */
export async function migrateAccounts(database: Database): Promise<void> {
  const set: MigrationSet = {
    room: 'accounts',
    migrations: [...steps, { name: 'append-only', statements: guards(database.dialect) }].map(
      ({ name, statements }, index) => ({ version: index + 1, name, statements }),
    ),
  };
  await migrate(database, set);
}
