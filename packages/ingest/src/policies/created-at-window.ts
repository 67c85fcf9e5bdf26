import type { Policy, Source } from '../contract.ts';

/** How far `created_at` may lie from now, in seconds; left out, that side is open. */
export interface CreatedAtWindow {
  readonly pastSecondsMax?: number | undefined;
  readonly futureSecondsMax?: number | undefined;
  /** Hold imports to it too: a file holds what once was new, so that they are exempt unless told. */
  readonly bindsImports?: boolean | undefined;
}

/**
 * Refuses events from too far ahead or too long ago. The past is open for other relays, where history is fetched
 * from, and both sides for our own events.
 */
export function createCreatedAtWindowPolicy(window: CreatedAtWindow, now: () => number): Policy {
  const { pastSecondsMax = Number.POSITIVE_INFINITY, futureSecondsMax = Number.POSITIVE_INFINITY } = window;
  const isBound = ({ via }: Source) => via !== 'own' && (via !== 'import' || window.bindsImports === true);
  return {
    name: 'created_at window',
    check({ created_at }, source) {
      if (!isBound(source)) return null;
      const nowSeconds = now() / 1000;
      if (created_at > nowSeconds + futureSecondsMax) {
        return refuse(`created_at is more than ${futureSecondsMax} seconds ahead`);
      }
      if (source.via !== 'relay' && created_at < nowSeconds - pastSecondsMax) {
        return refuse(`created_at is more than ${pastSecondsMax} seconds ago`);
      }
      return null;
    },
    information: {
      limitation: {
        ...(Number.isFinite(pastSecondsMax) ? { created_at_lower_limit: pastSecondsMax } : {}),
        ...(Number.isFinite(futureSecondsMax) ? { created_at_upper_limit: futureSecondsMax } : {}),
      },
    },
  };
}

function refuse(message: string) {
  return { prefix: 'invalid', message, by: 'created_at window' } as const;
}
