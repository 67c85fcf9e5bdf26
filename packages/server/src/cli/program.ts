import { Command, CommanderError, Option } from 'commander';
import { type Host, loadHostSettings } from '../config/host.ts';
import { settingTable } from '../config/table.ts';
import { version } from '../version.ts';
import { addCommand, addSettings, commonSettings, type Flags, type Run, type Start, settingsOf } from './command.ts';
import { exitCode, exitCodeHelp, explainFailure } from './exit.ts';
import { addFilterOptions, type FilterFlags } from './filters.ts';
import { addGet, addPublish, addSync } from './network-commands.ts';
import { say, type Terminal, write } from './terminal.ts';

/** They concern clients, and a file is none. */
const connectionSettings: ReadonlySet<string> = new Set(['authRequired', 'authToRead', 'ratePerIp', 'burstPerIp']);

/**
 * Runs the command line to its end and returns the exit code.
 * @param parameters what stands behind the program's name
 */
export async function runProgram(parameters: readonly string[], terminal: Terminal, host: Host): Promise<number> {
  let code: number = exitCode.ok;
  const start = async (flags: Flags, run: Run) => {
    const loaded = loadHostSettings(host, flags);
    code = await run({ ...loaded, terminal, host, json: flags.json === true });
  };
  try {
    await createProgram(start, terminal).parseAsync([...parameters], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    const failure = explainFailure(error);
    say(terminal, `nostrata: ${failure.line}`);
    if (failure.isBug && host.environment.NOSTRATA_LOG_LEVEL === 'debug') say(terminal, String((error as Error).stack));
    return failure.code;
  }
}

function createProgram(start: Start, terminal: Terminal): Command {
  const program = new Command('nostrata')
    .description('A Nostr relay and event store. Without options it keeps everything in ./data.')
    .version(version, '-v, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.output.write(text),
      writeErr: (text) => void terminal.notes.write(text.replace(/^error: /, 'nostrata: ').replace(/\n(?=\()/, ' ')),
      getOutHelpWidth: () => terminal.output.columns ?? 100,
      getErrHelpWidth: () => terminal.notes.columns ?? 100,
    })
    .helpCommand(false)
    .addHelpText('after', `\n${exitCodeHelp}\nOne command in detail: nostrata COMMAND --help`);
  addUp(program, start);
  addImport(program, start);
  addExport(program, start);
  addReading(program, start);
  addTrust(program, start);
  addCare(program, start);
  addGet(program, start);
  addPublish(program, start);
  addSync(program, start);
  program
    .command('reference', { hidden: true })
    .description('Print the reference page of all settings.')
    .action(async () => {
      const { renderReference } = await import('../config/reference.ts');
      await write(terminal.output, renderReference());
    });
  return program;
}

function addUp(program: Command, start: Start): void {
  const command = addCommand(program, 'up', 'Run the relay: WebSocket and HTTP on one port.');
  addSettings(
    command,
    settingTable.filter(({ group }) => group !== 'Other relays').map(({ name }) => name),
  );
  command
    .addHelpText(
      'after',
      '\nExamples:\n  nostrata up\n  nostrata up --port 0 --data /srv/nostrata\n  nostrata up --store postgres://user@localhost/nostr',
    )
    .action(async (flags: Flags) => start(flags, (await import('./up.ts')).runUp));
}

function addImport(program: Command, start: Start): void {
  const command = addCommand(
    program,
    'import',
    'Read events from JSONL files into the store; every signature is checked.',
  )
    .argument('<files...>', 'JSONL files, .gz or not; - is standard input')
    .option('--rejects <FILE>', 'write each line that was not taken, with its number and the reason')
    .option('--restart', 'start over instead of going on where an interrupted import ended');
  addSettings(command, [
    ...commonSettings,
    'verifyWorkers',
    ...settingsOf('Admission').filter((name) => !connectionSettings.has(name)),
  ]);
  command
    .addHelpText(
      'after',
      '\nExamples:\n  nostrata import events.jsonl.gz\n  zcat *.gz | nostrata import - --rejects bad.jsonl',
    )
    .action(async (files: string[], flags: Flags & { rejects?: string; restart?: boolean }) => {
      const { runImport } = await import('./import.ts');
      await start(flags, (invocation) =>
        runImport(invocation, { files, rejects: flags.rejects, restart: flags.restart === true }),
      );
    });
}

function addExport(program: Command, start: Start): void {
  const command = addCommand(program, 'export', 'Write events as JSONL.')
    .argument('[file]', 'where to; .gz is packed; - or nothing is standard output', '-')
    .addOption(new Option('--order <ORDER>', 'which come first').choices(['newest', 'oldest']).default('newest'));
  addFilterOptions(addSettings(command, commonSettings))
    .addHelpText(
      'after',
      '\nExamples:\n  nostrata export backup.jsonl.gz\n  nostrata export --kind 0,3 --author npub1… | jq .content',
    )
    .action(async (file: string, flags: Flags & FilterFlags & { order: string }) => {
      const { runExport } = await import('./export.ts');
      await start(flags, (invocation) =>
        runExport(invocation, { file, flags, isOldestFirst: flags.order === 'oldest' }),
      );
    });
}

function addReading(program: Command, start: Start): void {
  const query = addCommand(program, 'query', 'Print the events that match, one JSON text a line.');
  query.argument('[filters...]', 'filters as JSON; flags narrow them');
  addFilterOptions(addSettings(query, commonSettings))
    .addHelpText(
      'after',
      '\nExamples:\n  nostrata query \'{"kinds":[1],"limit":5}\'\n  nostrata query --author npub1… --kind 0',
    )
    .action(async (filters: string[], flags: Flags & FilterFlags) => {
      const { runQuery } = await import('./query.ts');
      await start(flags, (invocation) => runQuery(invocation, { filters, flags }));
    });
  const count = addCommand(program, 'count', 'Print how many events match.');
  count
    .argument('[filters...]', 'filters as JSON; flags narrow them')
    .option('--hll', 'also the HyperLogLog registers (NIP-45)');
  addFilterOptions(addSettings(count, commonSettings)).action(
    async (filters: string[], flags: Flags & FilterFlags & { hll?: boolean }) => {
      const { runCount } = await import('./query.ts');
      await start(flags, (invocation) => runCount(invocation, { filters, flags, hll: flags.hll === true }));
    },
  );
}

function addTrust(program: Command, start: Start): void {
  const command = addCommand(program, 'trust', 'Print how far an account is trusted, and why.');
  command.argument('<pubkey>', 'hex, npub… or nprofile…');
  addSettings(command, [...commonSettings, 'trustAnchors'])
    .addHelpText('after', '\nExamples:\n  nostrata trust npub1… --trust-anchors npub1…\n  nostrata trust npub1… --json')
    .action(async (pubkey: string, flags: Flags) => {
      const { runTrust } = await import('./trust.ts');
      await start(flags, (invocation) => runTrust(invocation, pubkey));
    });
}

function addCare(program: Command, start: Start): void {
  const doctor = addCommand(
    program,
    'doctor',
    'Say how this machine and the store are doing, and what would be faster.',
  );
  const ofAccounts = [...settingsOf('HTTP'), ...settingsOf('Accounts'), ...settingsOf('Payments')];
  addSettings(doctor, [...commonSettings, 'verifyWorkers', 'host', 'port', ...ofAccounts]).action(
    async (flags: Flags) => start(flags, (await import('./doctor.ts')).runDoctor),
  );
  const verify = addCommand(program, 'verify', 'Check the id and signature of every stored event, and every index.');
  addSettings(verify, [...commonSettings, 'verifyWorkers']).action(async (flags: Flags) =>
    start(flags, (await import('./verify.ts')).runVerify),
  );
  const retain = addCommand(program, 'retain', 'Remove old events by age or size and give the space back.');
  retain.option('--dry-run', 'only say what would go');
  addSettings(retain, [...commonSettings, ...settingsOf('Retention').filter((name) => name !== 'retainEvery')])
    .addHelpText(
      'after',
      '\nExamples:\n  nostrata retain --retain-age 90d --dry-run\n  nostrata retain --retain-bytes 10GB',
    )
    .action(async (flags: Flags & { dryRun?: boolean }) => {
      const { runRetain } = await import('./maintain.ts');
      await start(flags, (invocation) => runRetain(invocation, flags.dryRun === true));
    });
  addRebuild(program, start);
  addAccounts(program, start);
}

function addRebuild(program: Command, start: Start): void {
  const command = addCommand(program, 'rebuild', 'Drop every index and view and build it again from the events.')
    .argument('[view]', 'only this view; one that was never built is built')
    .option('--verify', 'keep the rows of views, and print how they differ from what the events give')
    .option('--list', 'print which views there are');
  addSettings(command, commonSettings)
    .addHelpText('after', '\nExamples:\n  nostrata rebuild\n  nostrata rebuild profile\n  nostrata rebuild --verify')
    .action(async (view: string | undefined, flags: Flags & { verify?: boolean; list?: boolean }) => {
      const { runRebuild } = await import('./rebuild.ts');
      const words = { view, verify: flags.verify === true, list: flags.list === true };
      await start(flags, (invocation) => runRebuild(invocation, words));
    });
}

function addAccounts(program: Command, start: Start): void {
  const accounts = program.command('accounts').description('Look after people who sign in and pay.').helpCommand(false);
  const check = addCommand(accounts, 'check', 'Check that payments, receipts, ledger and audit log agree.');
  addSettings(check, commonSettings).action(async (flags: Flags) =>
    start(flags, (await import('./accounts.ts')).runAccountsCheck),
  );
  const audit = program.command('audit').description('Look after the audit log.').helpCommand(false);
  const verify = addCommand(
    audit,
    'verify',
    'Check that nothing in the audit log was changed, removed or added later.',
  );
  addSettings(verify, commonSettings).action(async (flags: Flags) =>
    start(flags, (await import('./accounts.ts')).runAuditVerify),
  );
}
