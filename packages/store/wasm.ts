export {
  type BrowserStorage,
  type BrowserStorageOptions,
  deleteBrowserStorage,
  openBrowserStorage,
} from './src/wasm/open.ts';
export type { RemoteStore } from './src/wasm/remote-store.ts';
