// Prints docs/reference/http.md.
import { defaultHttpSettings, renderApiReference } from '@nostrata/http';
import { createObservatorySection, defaultApiSettings } from '@nostrata/observatory';
import { toTrustSection } from '@nostrata/server';
import { createTrustRoutes } from '@nostrata/trust';

/** What routes are made of and use only when they are asked. */
const unasked = new Proxy(
  {},
  {
    get: (_, name) => {
      throw new Error(`a route asked for ${String(name)} before it was asked itself`);
    },
  },
) as never;

/** Renders the reference of all routes of the program. */
export function renderHttpReference(): string {
  const observatory = createObservatorySection({
    statistics: unasked,
    relays: unasked,
    cache: unasked,
    clock: unasked,
    logger: unasked,
    metrics: unasked,
    settings: defaultApiSettings,
  });
  const trust = toTrustSection(createTrustRoutes({ trust: unasked, clock: unasked }));
  const options = { title: 'Nostrata', version: defaultApiSettings.version, settings: defaultHttpSettings };
  return renderApiReference([observatory, trust], options);
}

if (import.meta.main) process.stdout.write(renderHttpReference());
