import { InvalidError } from './errors.ts';
import { isGeohash } from './filter.ts';

const digits = '0123456789bcdefghjkmnpqrstuvwxyz';

/** A place in degrees. */
export interface Place {
  /** −90 to 90, north is positive. */
  readonly latitude: number;
  /** −180 to 180, east is positive. */
  readonly longitude: number;
}

/** The cell of a geohash: its middle, and its borders as half its height and width in degrees. */
export interface GeohashCell extends Place {
  readonly latitudeError: number;
  readonly longitudeError: number;
}

/**
 * The geohash of a place with that many digits, 1–12. A place on a border belongs to the cell in the north and east.
 * @throws InvalidError where the place is not on the globe or the precision is out of range
 */
export function encodeGeohash({ latitude, longitude }: Place, precision: number): string {
  if (!Number.isInteger(precision) || precision < 1 || precision > 12)
    throw new InvalidError('geohashes have 1 to 12 digits');
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) throw new InvalidError('place is not on the globe');
  const bits = precision * 5;
  // Halving an interval n times is counting in units of 2^-n; both counts fit in a double.
  const longitudeBits = Math.ceil(bits / 2);
  const latitudeBits = bits - longitudeBits;
  const x = toCell((longitude + 180) / 360, longitudeBits);
  const y = toCell((latitude + 90) / 180, latitudeBits);
  return interleave({ x, y }, precision);
}

/**
 * The cell that a geohash stands for.
 * @throws InvalidError where the text is no geohash
 */
export function decodeGeohash(geohash: string): GeohashCell {
  const { x, y } = separate(geohash);
  const longitudeBits = Math.ceil((geohash.length * 5) / 2);
  const width = 360 / 2 ** longitudeBits;
  const height = 180 / 2 ** (geohash.length * 5 - longitudeBits);
  return {
    latitude: (y + 0.5) * height - 90,
    longitude: (x + 0.5) * width - 180,
    latitudeError: height / 2,
    longitudeError: width / 2,
  };
}

/**
 * The cells around a cell, clockwise from the north. East and west go around the globe; there is nothing beyond a pole,
 * so that cells there have five neighbours. Where the globe is so coarsely divided that a cell meets itself or another
 * one twice, each is given once.
 * @throws InvalidError where the text is no geohash
 */
export function getGeohashNeighbors(geohash: string): string[] {
  const { x, y } = separate(geohash);
  const longitudeBits = Math.ceil((geohash.length * 5) / 2);
  const columns = 2 ** longitudeBits;
  const rows = 2 ** (geohash.length * 5 - longitudeBits);
  const neighbors = new Set<string>();
  for (const [east, north] of directions) {
    const row = y + north;
    if (row < 0 || row >= rows) continue;
    neighbors.add(interleave({ x: (x + east + columns) % columns, y: row }, geohash.length));
  }
  neighbors.delete(geohash);
  return [...neighbors];
}

const directions = [
  [0, 1],
  [1, 1],
  [1, 0],
  [1, -1],
  [0, -1],
  [-1, -1],
  [-1, 0],
  [-1, 1],
] as const;

/** Column from the west and row from the south. */
interface Cell {
  readonly x: number;
  readonly y: number;
}

function toCell(share: number, bits: number): number {
  return Math.min(2 ** bits - 1, Math.floor(share * 2 ** bits));
}

/** Bits of both numbers in turn, beginning with the longitude; five make a digit. */
function interleave({ x, y }: Cell, precision: number): string {
  let text = '';
  let [xBit, yBit] = [Math.ceil((precision * 5) / 2), Math.floor((precision * 5) / 2)];
  let isLongitude = true;
  for (let digit = 0; digit < precision; digit++) {
    let value = 0;
    for (let bit = 0; bit < 5; bit++) {
      const source = isLongitude ? x : y;
      const place = isLongitude ? --xBit : --yBit;
      value = value * 2 + (Math.floor(source / 2 ** place) % 2);
      isLongitude = !isLongitude;
    }
    text += digits[value];
  }
  return text;
}

function separate(geohash: string): Cell {
  if (!isGeohash(geohash)) throw new InvalidError('text is not a geohash of 1 to 12 digits in lower case');
  let [x, y] = [0, 0];
  let isLongitude = true;
  for (const digit of geohash) {
    const value = digits.indexOf(digit);
    for (let bit = 4; bit >= 0; bit--) {
      const one = (value >> bit) & 1;
      if (isLongitude) x = x * 2 + one;
      else y = y * 2 + one;
      isLongitude = !isLongitude;
    }
  }
  return { x, y };
}
