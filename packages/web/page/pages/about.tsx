import type { JSX } from 'preact';
import { Page } from '../parts/page.tsx';

/** What the observatory is, and by which rules it counts. */
export function About(): JSX.Element {
  return (
    <Page title="About" lead="What this observatory measures, by which rules, and what it cannot know.">
      <p />
    </Page>
  );
}
