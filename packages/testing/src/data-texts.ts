import type { SeededRandom } from './random.ts';

/** Texts of the data set. */
export interface Texts {
  /** Words of about that many characters in all; now and then with a link, an emoji or another script. */
  sentence(characters: number): string;
  word(): string;
  base64(characters: number): string;
  hex(digits: number): string;
}

const syllables =
  'ba be bi bo da de di do fa fe ga ge ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ro sa se so ta te to va wa za'.split(
    ' ',
  );
const topics = ['nostr', 'bitcoin', 'zap', 'relay', 'coffee', 'music', 'garden', 'lightning', 'photo', 'travel', 'gm'];
const spices = [
  '🤙',
  '💜',
  '日本語のテスト',
  'Привет мир',
  'مرحبا',
  'naïve café',
  '👩‍👩‍👧',
  'https://image.example/i/a1b2c3.jpg',
  'line\nbreak',
  '"quoted"',
];
const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Chooses a rank in [0, count) by Zipf's law: rank r with a weight of 1/(r+1). */
export function createZipf(count: number): (random: SeededRandom) => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += 1 / (rank + 1);
    sums[rank] = sum;
  }
  return (random) => {
    const wanted = random.next() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Creates a source of texts with a vocabulary of 3,000 words, used by Zipf's law. */
export function createTexts(random: SeededRandom): Texts {
  const vocabulary = [...topics];
  while (vocabulary.length < 3_000) {
    vocabulary.push(Array.from({ length: 1 + random.integer(4) }, () => random.pick(syllables)).join(''));
  }
  const pickWord = createZipf(vocabulary.length);
  const word = (): string => vocabulary[pickWord(random)] as string;
  const draw = (digits: string, length: number): string => {
    let text = '';
    for (let index = 0; index < length; index++) text += digits[random.integer(digits.length)];
    return text;
  };
  return {
    word,
    sentence(characters) {
      let text = word();
      while (text.length < characters) text += ` ${random.next() < 0.02 ? random.pick(spices) : word()}`;
      return text;
    },
    base64: (characters) => draw(base64Digits, characters),
    hex: (digits) => draw('0123456789abcdef', digits),
  };
}
