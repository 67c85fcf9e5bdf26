import type { Answer, Method } from '@nostrata/observatory';
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { csvOf, type Route } from '../routes.ts';
import { ScrollBox } from './scroll-box.tsx';

/** The same figures as rows: what a screen reader reads, and what anybody may prefer to a drawing. */
export interface PlateTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** One figure of a page with all that belongs to it. */
export interface PlateProps {
  readonly title: string;
  /** One sentence: what is seen here. */
  readonly lead?: string | undefined;
  readonly answer?: Answer<unknown> | undefined;
  /** Paths of the fields shown, as `method` names them: the first that is told is taken. */
  readonly fields?: readonly string[] | undefined;
  readonly csv?: Route<unknown> | undefined;
  readonly table?: PlateTable | undefined;
  readonly wide?: boolean | undefined;
  readonly children: ComponentChildren;
}

/** A chart with its title, its table, how it is counted, and the link for other programs. */
export function Plate(props: PlateProps): JSX.Element {
  const [asTable, setAsTable] = useState(false);
  const methods = methodsOf(props.answer, props.fields ?? []);
  const id = `plate-${props.title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
  return (
    <section class={`plate${props.wide ? ' wide' : ''}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{props.title}</h2>
        {props.lead === undefined ? null : <p class="lead">{props.lead}</p>}
      </header>
      {asTable && props.table ? <Rows {...props.table} caption={props.title} /> : props.children}
      <footer>
        {props.table ? (
          <button type="button" class="quiet" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Show as chart' : 'Show as table'}
            <span class="unseen">: {props.title}</span>
          </button>
        ) : null}
        {props.csv ? (
          <a class="quiet" href={csvOf(props.csv)} download="">
            CSV<span class="unseen">: {props.title}</span>
          </a>
        ) : null}
        {methods.length > 0 ? <Methods methods={methods} title={props.title} /> : null}
      </footer>
    </section>
  );
}

function Methods({ methods, title }: { methods: readonly Method[]; title: string }): JSX.Element {
  const isExact = methods.every(({ precision }) => precision === 'exact');
  return (
    <details class="method">
      <summary>
        <span class={`precision ${isExact ? 'exact' : 'approximate'}`}>{isExact ? 'exact' : 'approximate'}</span> How is
        this counted?
        <span class="unseen"> {title}</span>
      </summary>
      {methods.map(({ text }) => (
        <p key={text}>{text}</p>
      ))}
    </details>
  );
}

function Rows({ columns, rows, caption }: PlateTable & { caption: string }): JSX.Element {
  return (
    <ScrollBox label={`${caption}, as a table`}>
      <table class="figures">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[0]}>
              {row.map((cell, place) =>
                place === 0 ? (
                  <th key={columns[place]} scope="row">
                    <bdi>{cell}</bdi>
                  </th>
                ) : (
                  <td key={columns[place]}>{cell}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

/** The methods of the first of these fields that is told: of the field itself, else of the field it belongs to. */
function methodsOf(answer: Answer<unknown> | undefined, fields: readonly string[]): readonly Method[] {
  const told = answer?.method ?? {};
  for (const field of fields) {
    const above = Object.keys(told)
      .filter((path) => field === path || field.startsWith(`${path}.`))
      .sort((a, b) => b.length - a.length)[0];
    const method = above === undefined ? undefined : told[above];
    if (method) return [method];
  }
  return [];
}
