export { loadWasmSqlite, type WasmFiles, type WasmSqlite, type WasmSqliteOptions } from './src/wasm/pool.ts';
