import type { JSX } from 'preact';
import { changedQuery, useRouter } from '../router.ts';

/** A few choices side by side, kept in the address. */
export function Switch<Choice extends string>(props: {
  name: string;
  label: string;
  choices: readonly (readonly [Choice, string])[];
  current: Choice;
}): JSX.Element {
  const { path, query } = useRouter();
  return (
    <nav class="range-switch small" aria-label={props.label}>
      {props.choices.map(([choice, name]) => (
        <a
          key={choice}
          href={`${path}${changedQuery(query.toString(), { [props.name]: choice })}`}
          aria-current={choice === props.current ? 'true' : undefined}
        >
          {name}
        </a>
      ))}
    </nav>
  );
}
