/** Milliseconds that a person has to allow or refuse a request before it counts as not answered. */
export const personDeadlineMs = 120_000;

/** Milliseconds that a person has for signing in at the page that a remote signer named. */
export const authUrlDeadlineMs = 300_000;

/** Milliseconds for requests that no person decides: `switch_relays`, `ping`, `logout`. */
export const machineDeadlineMs = 15_000;

/** Milliseconds until the subscription for answers counts as open; requests wait for it. */
export const subscribeDeadlineMs = 5_000;

/** Milliseconds after the first relay's answer in which the others may open too. */
export const subscribeGraceMs = 500;

/** Relays of one remote signer; more would cost connections and bring nothing. */
export const remoteRelaysMax = 8;

/** Requests to a remote signer that wait for their answers. */
export const pendingRequestsMax = 500;

/** Characters of a remote signer's words in our errors. */
export const reasonCharactersMax = 200;
