// Runs before the first paint, so that no theme ever flashes: what was chosen, else what the system prefers.
const systemDark = matchMedia('(prefers-color-scheme: dark)');

function readChoice(): string | null {
  try {
    return localStorage.getItem('nostrata-theme');
  } catch {
    return null; // A browser that keeps nothing for this page shows what the system prefers.
  }
}

function showTheme(): void {
  const chosen = readChoice();
  const system = systemDark.matches ? 'dark' : 'light';
  document.documentElement.dataset.theme = chosen === 'light' || chosen === 'dark' ? chosen : system;
}

showTheme();
systemDark.addEventListener('change', showTheme);
