/** A day in milliseconds. */
const day = 86_400_000;

/** Maxima and times of domains, each with its unit and its reason. */
export const limits = {
  /** Characters of a host that is claimed: 253 of a name (RFC 1035) less `_nostrata.`, which stands before it in DNS. */
  hostCharsMax: 243,
  /** Characters of a label (RFC 1035). */
  labelCharsMax: 63,
  /** Milliseconds from one check of a claim to the next: each asks servers that somebody else chose. */
  checkIntervalMs: 5_000,
  /** Milliseconds of one look at DNS and file together. */
  lookMs: 8_000,
  /** Milliseconds that one name server has for one answer, and how often it is asked. */
  dnsTimeoutMs: 2_000,
  dnsTries: 2,
  /** TXT records that are read of a name: more are not set up for a proof. */
  txtRecordsMax: 100,
  /** Bytes of a proof file: some hundred proofs. */
  fileBytesMax: 16_384,
  /** Milliseconds between checks of a domain whose proof was there: a week. */
  recheckMs: 7 * day,
  /** Milliseconds between checks while the proof is gone and everything still works. */
  failingRecheckMs: day,
  /** Milliseconds without proof until the names of a domain are no longer served: a week. */
  graceMs: 7 * day,
  /** Milliseconds until a check that could not find out is repeated: faults of DNS pass within hours. */
  unclearRecheckMs: 3_600_000,
  /** Milliseconds that a process has for a check it took on; after that another may take it. */
  leaseMs: 10 * 60_000,
  /** Domains that one run of the job looks at, and at once. */
  recheckDomainsMax: 500,
  recheckAtOnce: 8,
  /** Milliseconds until a claim that was never proven is forgotten. */
  pendingMs: 30 * day,
  /** Claims that are forgotten in one transaction. */
  forgetClaimsMax: 100,
} as const;
