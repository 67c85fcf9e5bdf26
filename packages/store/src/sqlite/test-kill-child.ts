import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import type { VerifiedEvent } from '@nostrata/protocol';
import { openSqliteStore } from './store.ts';

// A process that writes until it is killed. It says `I id` before it asks for a deletion, `A id…` after events were
// acknowledged and `D id` after a deletion was.
const [, , folder = '', name = ''] = process.argv;

let made = 0;
function makeEvent(kind: number, tags: readonly (readonly string[])[]): VerifiedEvent {
  made += 1;
  const id = createHash('sha256').update(`${name} ${made}`).digest('hex');
  const pubkey = createHash('sha256').update(name).digest('hex');
  const content = 'x'.repeat((made * 37) % 900);
  return { id, pubkey, created_at: made, kind, tags, content, sig: id + id } as unknown as VerifiedEvent;
}

const store = await openSqliteStore(folder, { now: () => 1_700_000_000_000 });
// It never comes to its end, where compiled code is kept for the next start.
flushCompileCache();
for (let batch = 0; ; batch += 1) {
  const notes = Array.from({ length: 1 + (batch % 7) * 3 }, () => makeEvent(1, [['t', name]]));
  const profile = makeEvent(0, []);
  await store.put([...notes, profile].map((event) => ({ event, source: name })));
  writeSync(1, `A ${notes.map(({ id }) => id).join(' ')}\n`);
  const target = notes[0];
  if (batch % 3 !== 0 || !target) continue;
  writeSync(1, `I ${target.id}\n`);
  await store.put([{ event: makeEvent(5, [['e', target.id]]) }]);
  writeSync(1, `D ${target.id}\n`);
}
