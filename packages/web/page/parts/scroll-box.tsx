import type { ComponentChildren, JSX } from 'preact';

/** A box that scrolls, and that the keyboard reaches. */
export function ScrollBox(props: { label: string; plain?: boolean; children: ComponentChildren }): JSX.Element {
  return (
    // biome-ignore lint/a11y/useSemanticElements: it is no group of fields
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div class={props.plain ? 'scroll-box plain' : 'scroll-box'} tabIndex={0} role="group" aria-label={props.label}>
      {props.children}
    </div>
  );
}
