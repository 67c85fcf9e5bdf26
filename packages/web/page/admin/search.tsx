import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useRouter } from '../router.ts';

/** A search whose word stands in the address. */
export function Search(props: { label: string; name?: string; placeholder?: string }): JSX.Element {
  const { name = 'search' } = props;
  const { query, change } = useRouter();
  const [text, setText] = useState(query.get(name) ?? '');
  return (
    <form
      class="filters search"
      onSubmit={(event) => {
        event.preventDefault();
        change({ [name]: text.trim() });
      }}
    >
      <label>
        {props.label}
        <input
          type="search"
          value={text}
          placeholder={props.placeholder}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <button type="submit">Search</button>
    </form>
  );
}

/** A path with what the address is narrowed by. */
export function withFilters(path: string, query: URLSearchParams, names: readonly string[]): string {
  const given = names.flatMap((name) => {
    const value = query.get(name);
    return value === null || value === '' ? [] : [[name, value]];
  });
  const text = new URLSearchParams(given).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** A choice that stands in the address. */
export function Filter(props: {
  label: string;
  name: string;
  choices: readonly (readonly [value: string, name: string])[];
}): JSX.Element {
  const { query, change } = useRouter();
  return (
    <div class="filters">
      <label>
        {props.label}
        <select
          value={query.get(props.name) ?? ''}
          onChange={({ currentTarget }) => change({ [props.name]: currentTarget.value })}
        >
          <option value="">all</option>
          {props.choices.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
