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

/** The end of a list of which there is more. */
export function More({ action }: { action: Action | undefined }): JSX.Element | null {
  if (action === undefined) return null;
  return (
    <div class="pager">
      <ActionButton action={action}>{action.isRunning ? 'Loading…' : 'More'}</ActionButton>
    </div>
  );
}

/** Things to choose any number of, each with a sentence. */
export function Choices<Choice extends string>(props: {
  legend: string;
  choices: readonly (readonly [choice: Choice, sentence: string])[];
  chosen: readonly Choice[];
  onChosen(chosen: readonly Choice[]): void;
}): JSX.Element {
  const { chosen } = props;
  return (
    <fieldset class="choice-list">
      <legend>{props.legend}</legend>
      {props.choices.map(([choice, sentence]) => (
        <label key={choice}>
          <input
            type="checkbox"
            checked={chosen.includes(choice)}
            onChange={({ currentTarget }) =>
              props.onChosen(currentTarget.checked ? [...chosen, choice] : chosen.filter((other) => other !== choice))
            }
          />
          <span>
            {sentence} <code class="soft">{choice}</code>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** One of a few things to choose from. */
export function Select(props: {
  label: string;
  value: string;
  choices: readonly (readonly [value: string, name: string])[];
  onChosen(value: string): void;
}): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <span class="field-row">
        <select id={id} value={props.value} onChange={({ currentTarget }) => props.onChosen(currentTarget.value)}>
          {props.choices.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </span>
    </div>
  );
}
