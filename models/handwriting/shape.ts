/** A way to write a character (src/data/glyph.ts). */
export interface Shape {
  readonly name: string;
  readonly glyph: string;
  /** Not part of the training of the search, or of any training for shapes that are not digits. */
  readonly heldOut?: boolean;
}
