import { type Command, Option } from 'commander';
import { addCommand, addSettings, commonSettings, type Flags, type Start } from './command.ts';
import { addFilterOptions, type FilterFlags } from './filters.ts';
import { type GetFlags, getNames } from './get-names.ts';
import type { PublishFlags } from './publish-input.ts';
import type { Direction } from './sync.ts';

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

/** Adds `nostrata publish`. */
export function addPublish(program: Command, start: Start): void {
  const command = addCommand(program, 'publish', 'Keep events and send them to relays, until each has answered.')
    .argument('[file]', 'signed events as JSONL, .gz or not; - is standard input')
    .option('--kind <N>', 'sign an event of this kind with the key in NOSTRATA_SECRET_KEY (or in the config file)')
    .option('--content <TEXT>', 'its content');
  const tag = new Option('--tag <A,B,C>', 'a tag of it, or a JSON list; may be given several times').argParser(collect);
  addRelayOptions(command.addOption(tag))
    .option('--difficulty <N>', 'proof of work: leading zero bits of its id (NIP-13)')
    .option('--replace', 'let a replaceable event replace a version that it was not made from')
    .option('--wait', 'wait until every relay has answered; else each is tried once')
    .option('--deadline <SECONDS>', 'how long --wait waits; the rest stays for --resume (default: 30)')
    .option('--resume', 'go on with what earlier runs could not send')
    .addHelpText('after', 'Exit code 1 also where an event was taken by no relay, or a line was no event.')
    .addHelpText(
      'after',
      '\nExamples:\n  nostrata publish events.jsonl --relay wss://relay.example --wait\n  nostrata publish --kind 1 --content "Hello" --tag t,nostr --relay wss://relay.example',
    )
    .action(async (file: string | undefined, flags: Flags & PublishFlags) => {
      const { runPublish } = await import('./publish.ts');
      await start(flags, (invocation) => runPublish(invocation, file, flags));
    });
}

/** Adds `nostrata sync`. */
export function addSync(program: Command, start: Start): void {
  const command = addCommand(program, 'sync', 'Make the store and relays equal: each side gets what it lacks.');
  const directions = ['up', 'down', 'both'];
  addSettings(command, [...commonSettings, 'relays'])
    .argument('[relays...]', 'where to; those of the setting relays where none is named')
    .addOption(new Option('--direction <WAY>', 'up sends, down gets').choices(directions).default('both'))
    .addOption(createLocalOption())
    .option('--restart', 'start over instead of going on where an interrupted sync ended');
  addFilterOptions(command)
    .addHelpText('after', 'Exit code 1 also where one of the relays failed.')
    .addHelpText(
      'after',
      '\nExamples:\n  nostrata sync wss://relay.example --author npub1…\n  nostrata sync wss://a.example wss://b.example --direction down --kind 0,3,10002',
    )
    .action(async (relays: string[], flags: Flags & SyncFlags) => {
      const { runSync } = await import('./sync.ts');
      const { direction, restart = false } = flags;
      await start(flags, (invocation) => runSync(invocation, { relays, flags, direction, restart }));
    });
}

interface SyncFlags extends FilterFlags {
  readonly direction: Direction;
  readonly restart?: boolean;
}

/** What every command that goes to other relays has. */
function addRelayOptions(command: Command): Command {
  return addSettings(command, [...commonSettings, 'relays'])
    .addOption(new Option('--relay <URL>', 'a relay to go to; may be given several times').argParser(collect))
    .addOption(createLocalOption());
}

function createLocalOption(): Option {
  return new Option('--allow-local-relays', 'also connect to relays on private and local addresses');
}

function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}
