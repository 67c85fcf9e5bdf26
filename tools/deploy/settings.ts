import { environmentName, loadSettings } from '../../packages/server/src/config/load.ts';
import { settingTable } from '../../packages/server/src/config/table.ts';

const knownNames: ReadonlySet<string> = new Set(settingTable.map(({ name }) => environmentName(name)));

/**
 * What is wrong with an environment: names of this program that are no setting, and values that it would not take.
 * Names of other programs are left alone.
 */
export function checkEnvironment(environment: Readonly<Record<string, string>>): string[] {
  const own = Object.entries(environment).filter(([name]) => name.startsWith('NOSTRATA_'));
  const problems = own.filter(([name]) => !knownNames.has(name)).map(([name]) => `${name} is no setting`);
  for (const [name, value] of own.filter(([each]) => knownNames.has(each))) {
    try {
      loadSettings({ environment: { [name]: value } });
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return problems;
}

/** A value of a Compose file as it is where nobody set a variable: its default, or a word where it is demanded. */
export function interpolate(value: string): string {
  return value.replace(/\$\{\w+(?::([-?])([^}]*))?\}/g, (_whole, sign?: string, word?: string) =>
    sign === '-' ? (word ?? '') : 'word',
  );
}
