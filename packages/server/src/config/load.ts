import { ConfigError } from './errors.ts';
import { type Setting, type SettingName, type Settings, settingTable } from './table.ts';
import { parseValue } from './values.ts';

/** Where settings come from, weakest first: defaults, the config file, the environment, flags. */
export interface SettingSources {
  /** The parsed config file and its name. */
  readonly file?: { readonly path: string; readonly content: unknown } | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Flags by the name of their setting. */
  readonly flags?: Readonly<Record<string, unknown>> | undefined;
}

/** The settings, and which of them somebody has set. */
export interface LoadedSettings {
  readonly settings: Settings;
  readonly given: ReadonlySet<SettingName>;
}

/** The environment name of a setting: `maxFilters` is `NOSTRATA_MAX_FILTERS`. */
export function environmentName(name: string): string {
  return `NOSTRATA_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** The flag of a setting: `maxFilters` is `--max-filters`. */
export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Puts the settings together. The last source that names a setting wins.
 * @throws ConfigError with one line that names the source, the setting and what was expected
 */
export function loadSettings(sources: SettingSources): LoadedSettings {
  const file = toRecord(sources.file);
  refuseUnknownNames(sources, file);
  const settings: Record<string, unknown> = {};
  const given = new Set<SettingName>();
  for (const setting of settingTable) {
    const found = findValue(setting, sources, file);
    settings[setting.name] = parseFrom(setting, found.raw, found.where);
    if (found.where !== '') given.add(setting.name);
  }
  // Each field was parsed by the parser of its own type in the table that `Settings` is made from.
  return { settings: settings as unknown as Settings, given };
}

function findValue(setting: Setting, sources: SettingSources, file: Readonly<Record<string, unknown>>) {
  const flag = sources.flags?.[setting.name];
  if (flag !== undefined) return { raw: flag, where: flagName(setting.name) };
  const variable = environmentName(setting.name);
  const fromEnvironment = sources.environment?.[variable];
  if (fromEnvironment !== undefined) return { raw: fromEnvironment, where: variable };
  if (Object.hasOwn(file, setting.name)) {
    return { raw: file[setting.name], where: `${JSON.stringify(setting.name)} in ${sources.file?.path}` };
  }
  return { raw: setting.default, where: '' };
}

function parseFrom(setting: Setting, raw: unknown, where: string): unknown {
  try {
    return parseValue(setting.type, raw);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const shown = setting.secret ? '' : ` ${JSON.stringify(raw)?.slice(0, 80)}`;
    throw new ConfigError(`${where}${shown}: ${error.message}`, { cause: error });
  }
}

function toRecord(file: SettingSources['file']): Readonly<Record<string, unknown>> {
  if (!file) return {};
  if (typeof file.content !== 'object' || file.content === null || Array.isArray(file.content)) {
    throw new ConfigError(`${file.path}: expected a JSON object of settings`);
  }
  return file.content as Readonly<Record<string, unknown>>;
}

/** A name with a typing error would otherwise be a setting that silently does nothing. */
function refuseUnknownNames(sources: SettingSources, file: Readonly<Record<string, unknown>>): void {
  const names = new Set<string>(settingTable.map((setting) => setting.name));
  for (const name of Object.keys(file)) {
    if (!names.has(name)) throw new ConfigError(`${sources.file?.path}: there is no setting ${JSON.stringify(name)}`);
  }
  const variables = new Set([...names].map(environmentName));
  for (const variable of Object.keys(sources.environment ?? {})) {
    if (!variable.startsWith('NOSTRATA_') || variables.has(variable) || otherVariables.test(variable)) continue;
    throw new ConfigError(`${variable}: there is no such setting; nostrata up --help lists them`);
  }
}

/** Read by the tests and benchmarks of this project, or before settings are. */
const otherVariables = /^NOSTRATA_(?:CONFIG|SEED|SHARED|TEST_\w+|BENCH_\w+)$/;
