/**
 * The parts of a browser that are used here, as types. The project is checked with the types of Node.js, which know
 * some of these names with other shapes.
 */

/** A message port, a worker or a broadcast channel. */
export interface MessagePortLike {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
}

/** One end of a message channel. */
export interface MessageEnd extends MessagePortLike {
  close(): void;
}

/** A dedicated worker. */
export interface WorkerLike extends MessagePortLike {
  onerror: ((event: { readonly message?: string | undefined; preventDefault?(): void }) => void) | null;
  terminate(): void;
}

/** Locks that tabs of one origin share (Web Locks). */
export interface LockManagerLike {
  request<T>(name: string, options: { readonly signal?: AbortSignal }, work: () => Promise<T>): Promise<T>;
}

/** A folder of the origin's private file system. */
export interface FolderLike {
  getDirectoryHandle(name: string): Promise<FolderLike>;
  removeEntry(name: string, options: { readonly recursive: boolean }): Promise<void>;
}

/** What a browser may offer; anything may be missing. */
export interface BrowserGlobals {
  readonly navigator?:
    | {
        readonly locks?: LockManagerLike | undefined;
        readonly storage?: { getDirectory?(): Promise<FolderLike>; persist?(): Promise<boolean> } | undefined;
      }
    | undefined;
  readonly FileSystemFileHandle?: { readonly prototype: object } | undefined;
  readonly BroadcastChannel?: (new (name: string) => MessageEnd) | undefined;
  readonly MessageChannel: new () => { readonly port1: MessageEnd; readonly port2: MessageEnd };
  readonly Worker?:
    | (new (
        url: URL,
        options: { readonly type: 'module'; readonly name: string },
      ) => WorkerLike)
    | undefined;
  readonly performance: { now(): number };
  readonly crypto: { getRandomValues(bytes: Uint8Array): Uint8Array };
}

/** The browser that this runs in. */
export function getBrowser(): BrowserGlobals {
  return globalThis as unknown as BrowserGlobals;
}
