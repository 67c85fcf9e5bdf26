import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { Action } from './call.ts';

/** A labelled field; what is wrong with it stands below and is read out. */
export function Field(props: {
  label: string;
  value: string;
  onInput(text: string): void;
  hint?: ComponentChildren;
  fault?: string | undefined;
  /** Which keys a telephone shows. */
  keys?: 'text' | 'url' | 'numeric' | 'decimal';
  placeholder?: string;
  isMono?: boolean;
  isRequired?: boolean;
  suffix?: ComponentChildren;
}): JSX.Element {
  const id = useId();
  const { hint, fault, suffix } = props;
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <span class="field-row">
        <input
          id={id}
          class={props.isMono ? 'mono' : undefined}
          type="text"
          inputMode={props.keys ?? 'text'}
          value={props.value}
          placeholder={props.placeholder}
          required={props.isRequired}
          autocomplete="off"
          spellcheck={false}
          aria-invalid={fault ? 'true' : undefined}
          aria-describedby={`${id}-hint ${id}-fault`}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
        {suffix}
      </span>
      <span id={`${id}-hint`} class="soft">
        {hint}
      </span>
      <span id={`${id}-fault`} class="fault" role="status">
        {fault}
      </span>
    </div>
  );
}

/** A button for an action: it waits while the action runs, and says what went wrong. */
export function ActionButton(props: {
  action: Action;
  children: ComponentChildren;
  tone?: 'main' | 'quiet' | 'danger';
  isDisabled?: boolean;
  label?: string;
}): JSX.Element {
  const { isRunning, fault, run } = props.action;
  return (
    <span class="action">
      <button
        type="button"
        class={props.tone}
        disabled={props.isDisabled || isRunning}
        aria-busy={isRunning}
        aria-label={props.label}
        onClick={run}
      >
        {props.children}
      </button>
      <Fault text={fault} />
    </span>
  );
}

/** What went wrong, read out when it appears. */
export function Fault({ text }: { text: string | undefined }): JSX.Element {
  return (
    <span class="fault" role="alert">
      {text}
    </span>
  );
}

/** A text to take along: shown in full, copied by a button. */
export function Copyable({ text, label }: { text: string; label: string }): JSX.Element {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setIsCopied(true);
    } catch {
      setIsCopied(false); // The text stays selectable by hand.
    }
  };
  return (
    <span class="copyable">
      <code>{text}</code>
      <button type="button" class="quiet" onClick={copy} aria-label={`Copy: ${label}`}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </span>
  );
}
