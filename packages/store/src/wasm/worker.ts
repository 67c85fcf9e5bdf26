import { loadWasmSqlite } from '@nostrata/database/wasm';
import { getBrowser, type MessagePortLike } from './browser.ts';
import { createHost, type OpenMessage } from './host.ts';

/** The entry of the storage worker: each message opens a storage on the port that comes with it. */
const open = createHost({ browser: getBrowser(), loadSqlite: (wasmUrl) => loadWasmSqlite({ wasmUrl }) });
(globalThis as unknown as MessagePortLike).onmessage = ({ data }) => void open(data as OpenMessage);
