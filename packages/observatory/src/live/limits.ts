/** Figures of the last seconds that are kept: five minutes. */
export const figuresKept = 300;

/** Milliseconds that collectors have to say what they took in during a second. */
export const lateMs = 1_500;

/** A collector that has said nothing for so long is gone, in milliseconds. */
export const sourceGoneMs = 15_000;
