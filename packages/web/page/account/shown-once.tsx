import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Copyable } from './forms.tsx';

/** A secret that is shown this once: until somebody says that they have it, or goes away. */
export function ShownOnce(props: {
  title: string;
  secret: string;
  onDone(): void;
  children: ComponentChildren;
}): JSX.Element {
  const { title, secret } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [secret]);
  return (
    <section class="shown-once" aria-labelledby="shown-once">
      <h2 id="shown-once" ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <p>{props.children}</p>
      <Copyable text={secret} label={title} />
      <button type="button" onClick={props.onDone}>
        I have it
      </button>
    </section>
  );
}
