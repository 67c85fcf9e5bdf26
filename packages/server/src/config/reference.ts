import { environmentName, flagName } from './load.ts';
import { type Setting, settingTable } from './table.ts';
import { syntaxByType } from './values.ts';

const introduction = `# Configuration

Made from \`packages/server/src/config/table.ts\` by \`nostrata reference\`; do not edit.

Every setting can stand in a JSON file (\`--config FILE\` or \`NOSTRATA_CONFIG\`) under its name, in the environment, and on the
command line of the commands that use it; the later of these wins. A value that cannot be used stops the start with one line.
A SIZE is bytes or carries a unit (\`64KiB\`, \`10GB\`); a SPAN is seconds or carries a unit (\`15m\`, \`30d\`); KINDS may hold
ranges (\`1,6,30000-39999\`); PUBKEYS may be hex or \`npub1…\`; lists are separated by commas.
`;

/** The reference page of all settings, as Markdown. */
export function renderReference(): string {
  const groups = [...new Set(settingTable.map((setting) => setting.group))];
  return `${introduction}\n${groups.map(renderGroup).join('\n')}`;
}

function renderGroup(group: Setting['group']): string {
  const rows = settingTable.filter((setting) => setting.group === group).map(renderRow);
  return `## ${group}\n\n| setting | flag | environment | value | default | |\n|---|---|---|---|---|---|\n${rows.join('')}`;
}

function renderRow(setting: Setting): string {
  const fallback = setting.default === '' ? 'empty' : `\`${setting.default}\``;
  const syntax = syntaxByType[setting.type].replace('|', ' or ');
  const flag = setting.withoutFlag ? 'none' : `\`${flagName(setting.name)}\``;
  return `| \`${setting.name}\` | ${flag} | \`${environmentName(setting.name)}\` | ${syntax} | ${fallback} | ${setting.description} |\n`;
}
