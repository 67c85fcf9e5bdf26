import { type PaymentProvider, ProviderError } from '../payments/provider.ts';

/** A provider that can be asked whether its credentials work. */
export interface CheckedProvider extends PaymentProvider {
  /** Says in a few words what works. @throws ProviderError with what does not */
  check(): Promise<string>;
}

/** What came of a check. */
export interface ProviderCheck {
  readonly name: string;
  /** `away`: it could not be asked now; its credentials may be right. */
  readonly state: 'works' | 'away' | 'wrong';
  /** One sentence without secrets. */
  readonly message: string;
}

/** Asks a provider whether its credentials work, for the start of the program and its doctor; never throws for that. */
export async function checkProvider(provider: CheckedProvider): Promise<ProviderCheck> {
  const { name } = provider;
  try {
    return { name, state: 'works', message: `${name}: ${await provider.check()}` };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { message, fault } = error;
    return {
      name,
      state: fault === 'away' ? 'away' : 'wrong',
      message: message.startsWith(name) ? message : `${name}: ${message}`,
    };
  }
}
