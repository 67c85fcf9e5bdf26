/** Every bound of talking to providers of payments: its unit is in the name. */
export const limits = {
  // A checkout page waits for this; what takes longer is asked for again later.
  callMs: 10_000,
  // An invoice with its methods of payment has some 5 KB; a page of fifty payments of a wallet 100 KB.
  replyBytesMax: 524_288,
  // What is said of a provider's own words in an error.
  causeCharactersMax: 120,
  // A reference longer than this is none of the four providers'.
  refCharactersMax: 200,
  // Invoices of one order number: one, and those whose answers were lost.
  ordersMax: 20,
  // Payments of a wallet that are looked through for one whose answer was lost a moment ago.
  recentPaymentsMax: 50,
  // A delivery whose signature is older or newer is refused, as Stripe's own libraries do for older ones.
  toleranceSeconds: 300,
  // Signatures in one header: one, or two while a secret is replaced.
  signaturesMax: 10,
  signatureHeaderCharactersMax: 4_096,
  // Stripe takes sessions that end 30 minutes from now or later; a minute is kept for the way and for clocks.
  sessionMsMin: 31 * 60_000,
  // LNbits sends one payment a frame, below 10 KB.
  frameBytesMax: 65_536,
  // The wait before a lost connection of hints is opened again, doubled each time.
  reconnectMs: 1_000,
  reconnectMsMax: 60_000,
  // A connection of hints is asked for a sign of life this often.
  pingMs: 30_000,
  // Relays in one connection string.
  relaysMax: 10,
  // What a wallet service can do changes when its operator changes it.
  walletInfoFreshMs: 3_600_000,
  // A reply of a wallet about one invoice has some 2 KB.
  walletReplyCharactersMax: 65_536,
  // The wait for further relays of a wallet after the first has answered.
  walletGraceMs: 500,
  // A wallet that comes back after this leaves a request alone: longer than anybody waits, for clocks that differ.
  requestSeconds: 60,
  // Notifications from before the connection was opened, for clocks that differ.
  notificationOverlapSeconds: 120,
  // A memo of an invoice in bytes; BOLT 11 leaves room for 639.
  descriptionCharactersMax: 200,
  // 128 bits of secret written as hex digits are the least that protects anything.
  secretCharactersMin: 32,
} as const;
