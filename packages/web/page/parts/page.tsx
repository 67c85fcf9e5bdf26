import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { RangeSwitch } from './range-switch.tsx';

/** The head of a page and what is below it. A page that was gone to takes the focus to its heading. */
export function Page(props: {
  title: string;
  /** The name in the tab, where it should be another. */
  tab?: string;
  lead?: ComponentChildren;
  ranged?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.tab ?? props.title} · Nostrata`;
    // The first page of a visit leaves the focus where the browser puts it.
    if (document.body.dataset.visited !== undefined) heading.current?.focus({ preventScroll: true });
    document.body.dataset.visited = '';
  }, [props.title, props.tab]);
  return (
    <>
      <header class="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {props.title}
          </h1>
          {props.lead === undefined ? null : <p>{props.lead}</p>}
        </div>
        {props.ranged ? <RangeSwitch /> : null}
      </header>
      {props.children}
    </>
  );
}
