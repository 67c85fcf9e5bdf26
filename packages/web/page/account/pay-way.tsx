import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PlansAnswer } from './answers.ts';
import { useFetched } from './call.ts';
import { Select } from './forms.tsx';

/** How something is to be paid. */
export interface PayWay {
  /** Undefined until the ways are known. */
  readonly provider: string | undefined;
  /** False where the operator has set up no way to pay. */
  readonly canPay: boolean;
  /** The choice, where there is one. */
  readonly choice: JSX.Element | null;
}

/** The ways to pay here, and the one that was chosen: the first unless told. */
export function usePayWay(): PayWay {
  const { answer } = useFetched<PlansAnswer>('/plans');
  const [chosen, setChosen] = useState<string>();
  const providers = answer?.providers ?? [];
  const provider = chosen ?? providers[0]?.name;
  const choices = providers.map(
    ({ name, kind }) => [name, `${kind === 'card' ? 'Card' : 'Lightning'} (${name})`] as const,
  );
  return {
    provider,
    canPay: answer === undefined || providers.length > 0,
    choice:
      providers.length > 1 ? (
        <Select label="Pay with" value={provider ?? ''} choices={choices} onChosen={setChosen} />
      ) : null,
  };
}
