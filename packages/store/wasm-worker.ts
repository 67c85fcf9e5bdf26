import './src/wasm/worker.ts';
