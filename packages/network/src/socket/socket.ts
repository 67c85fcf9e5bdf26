/** A text socket to one relay, as the connection sees it. */
export interface RelaySocket {
  send(text: string): void;
  /** Ends it in good form; `closed` follows. */
  close(): void;
  /** Ends it at once; `closed` may follow or not. */
  terminate(): void;
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  /** Asks for a pong; undefined where the platform has no pings (browsers). */
  readonly ping?: (() => void) | undefined;
  /** Stops and goes on reading; undefined where the platform cannot (browsers). */
  readonly pause?: (() => void) | undefined;
  readonly resume?: (() => void) | undefined;
}

/** Why a socket ended, or never opened. */
export interface SocketEnd {
  readonly reason: string;
  /** The address may not be dialled: private, local or malformed. */
  readonly isRefused: boolean;
}

/** What a socket calls. */
export interface SocketHandlers {
  opened(): void;
  /** One text frame and its size in bytes. Binary frames come as empty text. */
  received(text: string, bytes: number): void;
  ponged(): void;
  /** Called once, also where it never opened. */
  closed(end: SocketEnd): void;
}

/** What a socket must keep to. */
export interface SocketOptions {
  /** Whether private, local and link-local addresses may be dialled. */
  readonly allowLocal: boolean;
  readonly messageBytesMax: number;
  readonly connectMs: number;
}

/** Opens a socket; never throws: what goes wrong comes through `closed`, later. */
export type OpenSocket = (url: string, handlers: SocketHandlers, options: SocketOptions) => RelaySocket;

/** What fetching an information document must keep to. */
export interface InformationOptions {
  readonly allowLocal: boolean;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/** Fetches the information document of a relay (NIP-11) as parsed JSON; rejects where there is none. */
export type FetchInformation = (url: string, options: InformationOptions) => Promise<unknown>;

/** The HTTP address of a relay's information document. */
export function informationUrl(relay: string): string {
  return relay.replace(/^ws/, 'http');
}
