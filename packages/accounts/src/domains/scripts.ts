/** Scripts in everyday use (UAX #31, table 5): what is in none of them is not let in. */
const everyday = [
  'Latin',
  'Cyrillic',
  'Greek',
  'Armenian',
  'Hebrew',
  'Arabic',
  'Thaana',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Thai',
  'Lao',
  'Tibetan',
  'Myanmar',
  'Georgian',
  'Ethiopic',
  'Khmer',
  'Hangul',
  'Hiragana',
  'Katakana',
  'Bopomofo',
  'Han',
].map((name) => ({ name, pattern: new RegExp(`^\\p{Script=${name}}$`, 'u') }));

/** Characters of all scripts: digits, the hyphen, marks. */
const shared = /^[\p{Script=Common}\p{Script=Inherited}]$/u;

/** Scripts that are written together: Japanese, Chinese and Korean, each with Latin (UTS #39, highly restrictive). */
const together = [
  new Set(['Latin', 'Han', 'Hiragana', 'Katakana']),
  new Set(['Latin', 'Han', 'Bopomofo']),
  new Set(['Latin', 'Han', 'Hangul']),
];

/** Letters of Cyrillic, Greek and Armenian that look like a letter of Latin. */
const lookAlikes = /^[асԁеһіјӏорԛѕԝхуъьԍгѵѡαικνορτυωγհոսզցօ0-9-]+$/u;

/** Why a label could pass for another one; undefined where it is fine. @param label as people read it, in Unicode */
export function findConfusion(label: string, isUnderAsciiTld: boolean): string | undefined {
  if (/^[a-z0-9-]+$/.test(label)) return undefined;
  if (!/^[\p{L}\p{M}\p{N}·-]+$/u.test(label)) return 'has characters that are neither letters nor digits';
  const scripts = new Set<string>();
  for (const character of label) {
    if (shared.test(character)) continue;
    const script = everyday.find(({ pattern }) => pattern.test(character));
    if (script === undefined) return 'has letters of a script that is not in everyday use';
    scripts.add(script.name);
  }
  if (scripts.size > 1 && !together.some((set) => scripts.isSubsetOf(set))) {
    return `mixes ${[...scripts].join(' and ')} letters, so that it can pass for another name`;
  }
  if (isUnderAsciiTld && lookAlikes.test(label)) return 'is made of letters that look like Latin ones';
  return undefined;
}
