import type { VerifiedEvent } from '@nostrata/protocol';
import { createEventBuilder, createTestNetwork, type TestNetwork } from '@nostrata/testing';
import { fixtureNow } from './test-fixtures.ts';

/** A text that tries what strangers try. */
const hostileText =
  '<img src=x onerror="document.title=\'broken\'"> <script>document.title="broken"</script> \u202egnp.exe javascript:alert(1) https://user@evil.example/ https://good.example/page, see there';

/** A relay with events of several kinds, the newest two minutes before the fixtures' now. */
export async function startFixtureRelay(): Promise<{
  network: TestNetwork;
  port: number;
  next(content: string): VerifiedEvent;
}> {
  const network = await createTestNetwork({ seed: 'web' });
  const relay = network.relay(0);
  const alice = createEventBuilder('alice', Math.floor(fixtureNow / 1000) - 3_600);
  const note = alice.note(
    'Good morning. The relay list of this client grew again: what do you all use to prune yours?',
  );
  relay.put(
    note,
    alice.note(hostileText),
    alice.note(`A very long one. ${'All work and no play. '.repeat(400)}`),
    alice.reaction(note, '🤙'),
    alice.profile({ name: 'alice', about: 'observes the observers' }),
    alice.event({
      kind: 30023,
      content: '# On counting\n\nWho counts what, and how often?',
      tags: [
        ['d', 'on-counting'],
        ['t', 'nostr'],
      ],
    }),
    alice.note('مرحبا بالعالم — a text in two directions'),
    alice.event({ kind: 10002, content: '', tags: [['r', 'wss://relay.example/']] }),
  );
  return { network, port: Number(new URL(relay.url).port), next: (content) => alice.note(content) };
}
