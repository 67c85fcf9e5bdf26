/** Bounds of the build. */
export const limits = {
  /** Files smaller than this are served as they are: compression would save less than the header it needs. */
  compressBytesMin: 512,
  /** Effort of Brotli, 0–11: the files are made once and served often. */
  brotliQuality: 11,
} as const;
