import type { Answer } from '@nostrata/observatory';
import type { ComponentChildren, JSX } from 'preact';
import type { Loaded } from '../api.ts';
import { formatAge, formatInstant, formatShare, formatShort } from '../format.ts';
import { useSurroundings } from '../surroundings.ts';

/** Grey shapes where figures will be; told once to screen readers. */
function Skeleton({ plates = 2 }: { plates?: number }): JSX.Element {
  return (
    <div class="skeleton" role="status">
      <span class="unseen">Loading figures…</span>
      <div class="skeleton-figures">
        {Array.from({ length: 4 }, (_, place) => (
          <span key={place} />
        ))}
      </div>
      {Array.from({ length: plates }, (_, place) => (
        <div key={place} class="skeleton-plate" />
      ))}
    </div>
  );
}

/** Nothing was counted: said plainly, with what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <svg viewBox="0 0 120 40" aria-hidden="true">
        <path d="M4 14c20-8 34 6 56 0s34-10 56-2M4 24c20-8 34 6 56 0s34-10 56-2M4 34c20-8 34 6 56 0s34-10 56-2" />
      </svg>
      <p class="empty-title">{title}</p>
      {children ? <p>{children}</p> : null}
    </div>
  );
}

/** A note across the page: something is in the way of what is shown. */
export function Notice(props: {
  tone: 'warning' | 'error';
  title: string;
  children?: ComponentChildren;
  action?: { label: string; run(): void };
}): JSX.Element {
  return (
    <div class={`notice ${props.tone}`} role={props.tone === 'error' ? 'alert' : 'status'}>
      <p>
        <strong>{props.title}</strong> {props.children}
      </p>
      {props.action ? (
        <button type="button" onClick={props.action.run}>
          {props.action.label}
        </button>
      ) : null}
    </div>
  );
}

/** The frame of everything that waits for an answer: loading, failed, old, partial, or the figures themselves. */
export function Answered<Data>(props: {
  loaded: Loaded<Data>;
  plates?: number;
  /** Says what to show in place of the figures where nothing was counted. */
  isEmpty?(data: Data): boolean;
  empty?: ComponentChildren;
  /** True within another frame, which tells about age and coverage for both. */
  quiet?: boolean;
  children(answer: Answer<Data>): ComponentChildren;
}): JSX.Element {
  const { answer, fault, reload } = props.loaded;
  const { now } = useSurroundings();
  const again = { label: 'Try again', run: reload };
  if (!answer) {
    if (!fault) return <Skeleton {...(props.plates === undefined ? {} : { plates: props.plates })} />;
    const title = fault.reason === 'offline' ? 'No connection.' : 'No figures.';
    return (
      <Notice tone="error" title={title} action={again}>
        {fault.reason === 'offline'
          ? 'The server cannot be reached. Nothing of this page is in memory yet.'
          : fault.message}
      </Notice>
    );
  }
  const age = formatAge(Date.parse(answer.asOf), now());
  return (
    <>
      {fault ? (
        <Notice tone="warning" title={fault.reason === 'offline' ? 'Offline.' : 'Not fresh.'} action={again}>
          {fault.message} These figures are of {age}.
        </Notice>
      ) : null}
      {answer.stale && !fault && !props.quiet ? (
        <Notice tone="warning" title="An older copy." action={again}>
          The statistics cannot be read right now. This is the last good copy, {age}.
        </Notice>
      ) : null}
      {answer.partial && !props.quiet ? (
        <Notice tone="warning" title="Partial.">
          {partialText(answer)}
        </Notice>
      ) : null}
      {props.isEmpty?.(answer.data) ? props.empty : props.children(answer)}
      {props.quiet ? null : <CoverageLine answer={answer} />}
    </>
  );
}

function partialText({ coverage }: Answer<unknown>): string {
  const since = coverage?.sinceMs;
  return since === null || since === undefined
    ? 'A part of this range could not be computed.'
    : `This range reaches back before ${formatInstant(since)}, when collecting began: what lies before is not whole.`;
}

function CoverageLine({ answer }: { answer: Answer<unknown> }): JSX.Element {
  const { coverage, asOf } = answer;
  return (
    <aside class="coverage" aria-label="Coverage of these figures">
      <h2>What these figures can have missed</h2>
      {coverage ? (
        <dl>
          <div>
            <dt>Relays connected</dt>
            <dd>
              {formatShort(coverage.relaysConnected)}{' '}
              <span class="soft">of {formatShort(coverage.relaysKnown)} known</span>
            </dd>
          </div>
          <div>
            <dt>Relay time covered</dt>
            <dd>
              {formatShare(coverage.covered)} <span class="soft">{formatGap(coverage.gapSeconds)} of gaps</span>
            </dd>
          </div>
          <div>
            <dt>Events not seen, estimated</dt>
            <dd>
              {coverage.unseenEvents === null ? 'too little is known' : `≈ ${formatShort(coverage.unseenEvents)}`}
            </dd>
          </div>
          <div>
            <dt>Computed</dt>
            <dd>{formatInstant(asOf)}</dd>
          </div>
        </dl>
      ) : (
        <p>Computed {formatInstant(asOf)}. The server did not say how much was covered.</p>
      )}
    </aside>
  );
}

function formatGap(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
