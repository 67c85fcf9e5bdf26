import { parseArgs } from 'node:util';

/** What `npm run bench -- …` was asked for. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly json: boolean;
  /** Also one million events in the store. */
  readonly million: boolean;
  readonly stores: readonly string[];
  readonly peer: boolean;
  /** Relays that were started elsewhere, `NAME=PID@ws://…`. */
  readonly relays: readonly string[];
  /** Leave the data files in this folder. */
  readonly keep: string | undefined;
  /** Only cells whose name holds this text. */
  readonly only: string | undefined;
  /** A folder in which a CPU profile of the server is left. */
  readonly profile: string | undefined;
}

const help = `npm run bench -- core [options]   the client library; see its --help
npm run bench -- observatory [options]   collection, snapshots and the API of statistics; see its --help
npm run bench -- [options]        the relay
  --quick          smaller data and fewer requests, under 40 s
  --json           the last line is one JSON object with every row
  --million        also the query cells with 1,000,000 events in the store (minutes)
  --store NAMES    sqlite,postgres (default sqlite,postgres; with --quick sqlite)
  --no-peer        leave out @nostr-relay/core (with --quick it is measured only if an earlier run installed it)
  --relay R        also measure a relay that runs already: NAME=PID@ws://host:port (may be repeated)
  --keep DIR       make the data files in DIR and leave them there
  --only TEXT      only cells whose name holds TEXT
  --profile DIR    leave a CPU profile of the server in DIR
  --help`;

/** Reads the command line; prints the help and ends where it is asked for or not understood. */
export function readOptions(words: readonly string[]): BenchOptions {
  try {
    const { values } = parseArgs({
      args: [...words],
      allowNegative: true,
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        million: { type: 'boolean', default: false },
        store: { type: 'string' },
        peer: { type: 'boolean', default: true },
        relay: { type: 'string', multiple: true, default: [] },
        keep: { type: 'string' },
        only: { type: 'string' },
        profile: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) end(help, 0);
    const stores = (values.store ?? (values.quick ? 'sqlite' : 'sqlite,postgres')).split(',').filter(Boolean);
    const { quick, json, million, peer, only, profile, keep, relay: relays } = values;
    return { quick, json, million, stores, peer, relays, keep, only, profile };
  } catch (error) {
    return end(`${(error as Error).message}\n${help}`, 2);
  }
}

function end(text: string, code: number): never {
  console.error(text);
  process.exit(code);
}
