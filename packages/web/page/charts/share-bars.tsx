import type { JSX } from 'preact';
import { formatShare } from '../format.ts';
import type { Tone } from './series.ts';

/** One row: a name, a figure, and the share that its bar shows. */
export interface ShareRow {
  readonly key: string;
  readonly name: string;
  readonly figure: string;
  readonly share: number;
  readonly href?: string | undefined;
}

/** Horizontal bars as a table, which is the same for eyes and for screen readers. Names are of strangers: text only. */
export function ShareBars(props: {
  rows: readonly ShareRow[];
  heads: readonly [string, string, string];
  caption: string;
  tone?: Tone;
}): JSX.Element {
  const most = Math.max(0.000001, ...props.rows.map(({ share }) => share));
  return (
    <table class="share-bars">
      <caption class="unseen">{props.caption}</caption>
      <thead class="unseen">
        <tr>
          {props.heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.rows.map(({ key, name, figure, share, href }) => (
          <tr key={key}>
            <th scope="row">
              <bdi>{href === undefined ? name : <a href={href}>{name}</a>}</bdi>
              <span class="share-track" aria-hidden="true">
                <span class={`fill tone-${props.tone ?? 1}`} style={{ width: `${(share / most) * 100}%` }} />
              </span>
            </th>
            <td>{figure}</td>
            <td class="soft">{formatShare(share)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
