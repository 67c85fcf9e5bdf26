/** The addresses of what the page loads first. */
export interface PageAssets {
  readonly script: string;
  readonly theme: string;
  readonly style: string;
  readonly icon: string;
  readonly font: string;
}

/** The one document of the application: no inline script and no inline style, so that a strict policy can hold. */
export function renderIndex({ script, theme, style, icon, font }: PageAssets): string {
  return `<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="description" content="The Nostr network measured: relays, events, users, clients and zaps, with method and coverage.">
<title>Nostrata</title>
<link rel="icon" href="${icon}" type="image/svg+xml">
<link rel="preload" href="${font}" as="font" type="font/woff2" crossorigin>
<script src="${theme}"></script>
<link rel="stylesheet" href="${style}">
<script type="module" src="${script}"></script>
</head>
<body>
<div id="app"><p class="boot">Loading the observatory…</p></div>
<noscript><p class="boot">This page draws its figures with JavaScript. The same figures are plain JSON and CSV under <a href="/api/v1/docs">/api/v1/docs</a>.</p></noscript>
</body>
</html>
`;
}
