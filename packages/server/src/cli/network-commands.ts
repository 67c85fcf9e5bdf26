import { type Command, Option } from 'commander';
import { addCommand, addSettings, commonSettings, type Flags, type Start } from './command.ts';
import { type GetFlags, getNames } from './get-names.ts';

/** Adds `nostrata get`. */
export function addGet(program: Command, start: Start): void {
  const command = addCommand(
    program,
    'get',
    'Say what is known of people and events, asking relays where that is old.',
  );
  command
    .argument('<what>', getNames.join(', '))
    .argument('<names...>', 'npub1…, nprofile1…, note1…, nevent1…, naddr1… or hex');
  const policies = ['cache-only', 'stale-while-revalidate', 'cache-first', 'network-first', 'network-only'];
  addRelayOptions(command)
    .addOption(
      new Option('--policy <POLICY>', 'how relays are used; each sort of answer has its own').choices(policies),
    )
    .option('--deadline <SECONDS>', 'how long to wait for relays at most (default: 10)')
    .option('--watch', 'stay, and print each change until Ctrl-C')
    .addHelpText('after', 'Exit code 1 also where something asked for was not found.')
    .addHelpText(
      'after',
      '\nExamples:\n  nostrata get profile npub1… --relay wss://relay.example\n  nostrata get follows npub1… --json | jq .value',
    )
    .action(async (what: string, names: string[], flags: Flags & GetFlags) => {
      const { runGet } = await import('./get.ts');
      await start(flags, (invocation) => runGet(invocation, { what, names, flags }));
    });
}

/** What every command that goes to other relays has. */
function addRelayOptions(command: Command): Command {
  const local = new Option('--allow-local-relays', 'also connect to relays on private and local addresses');
  return addSettings(command, [...commonSettings, 'relays'])
    .addOption(new Option('--relay <URL>', 'a relay to ask; may be given several times').argParser(collect))
    .addOption(local);
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}
