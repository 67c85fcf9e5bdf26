/** The program: settings, wiring, HTTP and the command line. */
export { createLogger } from './src/cli/logger.ts';
export { composeServer, type Server } from './src/compose.ts';
export type { ComposeOptions } from './src/compose-door.ts';
export { ConfigError } from './src/config/errors.ts';
export { type LoadedSettings, loadSettings, type SettingSources } from './src/config/load.ts';
export type { SettingName, Settings } from './src/config/table.ts';
export { toAccountsSection, toTrustSection } from './src/http/documents.ts';
export type { Health } from './src/http/health.ts';
