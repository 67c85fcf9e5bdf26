import { readFileSync, statSync } from 'node:fs';
import { configFileBytesMax } from '../limits.ts';
import { ConfigError } from './errors.ts';
import { type LoadedSettings, loadSettings } from './load.ts';

/** What the program takes from the machine: nothing else in it reads the environment or the clock. */
export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The machine that this process runs on. */
export function createHost(): Host {
  return { environment: process.env, now: Date.now };
}

/**
 * Loads the settings from file, environment and flags. The flag `config` names the file.
 * @throws ConfigError with one line
 */
export function loadHostSettings(host: Host, flags: Readonly<Record<string, unknown>>): LoadedSettings {
  const path = flags.config ?? host.environment.NOSTRATA_CONFIG;
  const file = typeof path === 'string' && path !== '' ? { path, content: readConfigFile(path) } : undefined;
  return loadSettings({ file, environment: host.environment, flags });
}

function readConfigFile(path: string): unknown {
  let text: string;
  try {
    if (statSync(path).size > configFileBytesMax) throw new ConfigError(`${path}: too large for a config file`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${path}: the config file cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${path}: the config file is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
