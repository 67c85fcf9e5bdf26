import type { Host } from '../config/host.ts';
import type { LoadedSettings } from '../config/load.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given. */
export interface Invocation extends LoadedSettings {
  readonly terminal: Terminal;
  readonly host: Host;
  /** True where output is for programs. */
  readonly json: boolean;
}
