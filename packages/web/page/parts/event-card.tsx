import type { NostrEvent } from '@nostrata/protocol';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { formatInstant } from '../format.ts';
import { nameOfKind } from '../kind-names.ts';
import { splitLinks, tameText } from '../strangers-text.ts';

/** Characters of a text in a list, and of a whole event that was asked for. */
const [contentCharacters, wholeCharacters] = [420, 60_000];

/** One event as a stranger wrote it: text alone, nothing of it is loaded or run. */
export function EventCard({ event }: { event: NostrEvent }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const { kind, created_at, pubkey, content, tags } = event;
  return (
    <article class="event">
      <header>
        <strong>{nameOfKind(kind)}</strong>
        <span class="soft">
          {kind} · <time dateTime={toIso(created_at)}>{formatInstant(created_at * 1000)}</time>
        </span>
        <span class="soft mono" title={pubkey}>
          {pubkey.slice(0, 8)}…{pubkey.slice(-4)}
        </span>
      </header>
      <Content text={content} />
      <details class="document" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>
          Whole event <span class="soft">{tags.length === 1 ? '1 tag' : `${tags.length} tags`}</span>
        </summary>
        {isOpen ? <pre class="whole">{tameText(JSON.stringify(event, null, 2), wholeCharacters)}</pre> : null}
      </details>
    </article>
  );
}

function toIso(seconds: number): string {
  return seconds < 8.64e12 ? new Date(seconds * 1000).toISOString() : '';
}

function Content({ text }: { text: string }): JSX.Element {
  if (text.trim() === '') return <p class="content soft">No content</p>;
  return (
    <p class="content" dir="auto">
      {splitLinks(tameText(text, contentCharacters)).map(({ text: piece, href }, place) =>
        href === undefined ? (
          piece
        ) : (
          // Pieces have no name but their place.
          <a key={`${place}`} href={href} target="_blank" rel="noopener noreferrer nofollow ugc">
            {piece}
          </a>
        ),
      )}
    </p>
  );
}
