import type { JSX } from 'preact';
import type { Tone } from '../charts/series.ts';
import { Sparkline } from '../charts/sparkline.tsx';
import { formatChange } from '../format.ts';

/** What a large figure says. */
export interface KeyFigureProps {
  name: string;
  value: string;
  title?: string | undefined;
  unit?: string | undefined;
  trend?: { readonly now: number; readonly before: number | null } | undefined;
  note?: string | undefined;
  course?: readonly number[] | undefined;
  tone?: Tone | undefined;
  href?: string | undefined;
}

/** One large figure with what it was before and how it came here. */
export function KeyFigure(props: KeyFigureProps): JSX.Element {
  const change = props.trend ? formatChange(props.trend.now, props.trend.before) : undefined;
  return (
    <div class="key-figure">
      <dt>{props.href === undefined ? props.name : <a href={props.href}>{props.name}</a>}</dt>
      <dd>
        <span class="key-value" title={props.title}>
          {props.value}
          {props.unit === undefined ? null : <small> {props.unit}</small>}
        </span>
        <span class="key-under">
          {change ? (
            <span class={`change ${change.direction}`}>
              <span aria-hidden="true">{{ up: '▲', down: '▼', same: '■' }[change.direction]}</span> {change.text}
              <span class="unseen"> against the span before</span>
            </span>
          ) : null}
          {props.note === undefined ? null : <span class="soft">{props.note}</span>}
        </span>
        {props.course ? <Sparkline values={props.course} tone={props.tone ?? 1} /> : null}
      </dd>
    </div>
  );
}
