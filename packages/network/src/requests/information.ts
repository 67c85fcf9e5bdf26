import { parseRelayInformation, type RelayInformation } from '@nostrata/protocol';
import type { Clock } from '../contract.ts';
import type { NetworkLimits } from '../limits.ts';
import type { FetchInformation } from '../socket/socket.ts';

/** What fetching needs. */
export interface InformationReaderOptions {
  readonly relay: string;
  readonly clock: Clock;
  readonly allowLocal: boolean;
  readonly limits: NetworkLimits;
  readonly fetchInformation: FetchInformation | undefined;
  read(information: RelayInformation): void;
}

/** Fetches a relay's information document (NIP-11) when it is first connected, and again once it is old. */
export interface InformationReader {
  refresh(): void;
  stop(): void;
}

/** Creates it; nothing is fetched yet. What cannot be read is tried again when it would be old. */
export function createInformationReader(options: InformationReaderOptions): InformationReader {
  const { relay, clock, limits, allowLocal, fetchInformation } = options;
  let triedMs: number | undefined;
  let under: AbortController | undefined;

  const read = async (fetchDocument: FetchInformation): Promise<void> => {
    const controller = new AbortController();
    under = controller;
    const cancel = clock.after(limits.informationMs, () => controller.abort());
    const { signal } = controller;
    try {
      const document = await fetchDocument(relay, { allowLocal, bytesMax: limits.informationBytesMax, signal });
      if (!signal.aborted) options.read(parseRelayInformation(document));
    } catch {
      // Half of all relays have no document, or none that can be read: the assumed limits hold.
    } finally {
      cancel();
    }
  };
  return {
    refresh() {
      const isFresh = triedMs !== undefined && clock.now() - triedMs < limits.informationFreshMs;
      if (isFresh || fetchInformation === undefined) return;
      triedMs = clock.now();
      void read(fetchInformation);
    },
    stop: () => under?.abort(),
  };
}
