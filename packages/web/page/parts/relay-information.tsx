import type { RelayDetails } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { formatInstant } from '../format.ts';
import { Plate } from './plate.tsx';
import { ScrollBox } from './scroll-box.tsx';

/** Characters of a document that are shown: it is written by strangers. */
const charactersMax = 8_000;

/** What a relay says of itself (NIP-11), and what it said before. Text only, whatever it holds. */
export function RelayInformation({ relay }: { relay: RelayDetails }): JSX.Element {
  const history = relay.informationHistory;
  return (
    <Plate
      wide
      title="What it says of itself"
      lead="The information document (NIP-11) as it is now, and when it changed."
    >
      <dl class="facts">
        <Fact name="Name" value={relay.name} />
        <Fact name="Description" value={relay.description} />
        <Fact name="Software" value={relay.software === null ? null : `${relay.software} ${relay.version ?? ''}`} />
        <Fact name="NIPs" value={relay.nips.length === 0 ? null : relay.nips.join(', ')} />
        <Fact name="Contact" value={relay.contact} />
        <Fact name="Key of the operator" value={relay.pubkey} />
        <Fact
          name="Asks for"
          value={
            [relay.authRequired ? 'login' : '', relay.paymentRequired ? 'payment' : ''].filter(Boolean).join(', ') ||
            'nothing'
          }
        />
      </dl>
      {history.map(({ at, information }, place) => (
        <details key={at} class="document">
          <summary>
            {place === 0 ? 'Now, since' : 'From'} {formatInstant(at)}
            {place === 0 ? '' : `: ${changesOf(history[place - 1]?.information, information)}`}
          </summary>
          <ScrollBox label={`Document of ${formatInstant(at)}`}>
            <pre>{cut(JSON.stringify(information, null, 2) ?? '')}</pre>
          </ScrollBox>
        </details>
      ))}
    </Plate>
  );
}

function Fact({ name, value }: { name: string; value: string | null }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <bdi>{value === null || value === '' ? 'not said' : cut(value)}</bdi>
      </dd>
    </div>
  );
}

function cut(text: string): string {
  return text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text;
}

/** The fields that a later document changed. */
function changesOf(later: unknown, earlier: unknown): string {
  const [a, b] = [toFields(later), toFields(earlier)];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const changed = names.filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]));
  return changed.length === 0 ? 'the same' : `then changed: ${changed.slice(0, 8).join(', ')}`;
}

function toFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
