import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Action } from './call.ts';
import { ActionButton } from './forms.tsx';

/** A button for what cannot be undone: it says what will be lost, and asks once more in its place. */
export function Confirm(props: {
  /** What the first button says. */
  label: string;
  /** What it is about, for those who hear it out of its place. */
  about?: string;
  /** What the second says. */
  yes: string;
  action: Action;
  tone?: 'quiet' | 'danger';
  isDisabled?: boolean;
  /** What will be lost, and more to fill in where it needs that. */
  children: ComponentChildren;
}): JSX.Element {
  const [isAsking, setIsAsking] = useState(false);
  const question = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  useEffect(() => {
    if (isAsking) question.current?.focus();
    // What came of it may have taken the focus already.
    else if (wasAsking.current && document.activeElement === document.body) button.current?.focus();
    wasAsking.current = isAsking;
  }, [isAsking]);
  const { isRunning, fault } = props.action;
  const wasRunning = useRef(false);
  useEffect(() => {
    if (wasRunning.current && !isRunning && fault === undefined) setIsAsking(false);
    wasRunning.current = isRunning;
  }, [isRunning, fault]);
  if (!isAsking) {
    return (
      <button
        type="button"
        ref={button}
        class={props.tone ?? 'danger'}
        disabled={props.isDisabled}
        onClick={() => setIsAsking(true)}
      >
        {props.label}
        {props.about === undefined ? null : <span class="unseen">: {props.about}</span>}
      </button>
    );
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: it is no group of fields
    <div
      class="confirm"
      role="group"
      aria-label={props.about === undefined ? props.label : `${props.label}: ${props.about}`}
      tabIndex={-1}
      ref={question}
    >
      {props.children}
      <div class="buttons">
        <ActionButton action={props.action} tone="danger">
          {props.yes}
        </ActionButton>
        <button type="button" disabled={props.action.isRunning} onClick={() => setIsAsking(false)}>
          Leave it as it is
        </button>
      </div>
    </div>
  );
}
