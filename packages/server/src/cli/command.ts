import { type Command, Option } from 'commander';
import { environmentName, flagName } from '../config/load.ts';
import { type Setting, settingTable } from '../config/table.ts';
import { syntaxByType } from '../config/values.ts';
import { exitCodeHelp } from './exit.ts';
import type { Invocation } from './invocation.ts';

/** The work of a command; gives the exit code. */
export type Run = (invocation: Invocation) => Promise<number>;

/** What commander hands over. */
export type Flags = Readonly<Record<string, unknown>>;

/** Loads the settings and runs the work of a command. */
export type Start = (flags: Flags, run: Run) => Promise<void>;

/** Settings of every command. */
export const commonSettings: readonly string[] = ['store', 'data', 'logLevel'];

/** Adds a command with what every command has. */
export function addCommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--config <FILE>', 'JSON file with settings')
    .option('--json', 'print for programs: one JSON object a line')
    .addHelpText('after', `\n${exitCodeHelp}`);
}

/** The names of the settings of a group. */
export function settingsOf(group: Setting['group']): readonly string[] {
  return settingTable.filter((setting) => setting.group === group).map((setting) => setting.name);
}

/** Adds the flags of settings. */
export function addSettings(command: Command, names: readonly string[]): Command {
  const settings: readonly Setting[] = settingTable;
  for (const setting of settings.filter((row) => names.includes(row.name) && !row.withoutFlag)) {
    const syntax = syntaxByType[setting.type];
    const fallback = setting.default === '' ? '' : ` (default: ${setting.default})`;
    const option = new Option(`${flagName(setting.name)} <${syntax}>`, `${setting.description}${fallback}`);
    command.addOption(option.helpGroup(`${setting.group} (environment: ${environmentName('…')}):`));
  }
  return command;
}
