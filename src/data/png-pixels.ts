/** Pixels of a PNG: filters, interlacing and colours (PNG specification, sections 7 to 9, 11.2 and 11.3.1). */
import { type GreyImage, luma } from './picture/grey-image.ts';

/** The fields of IHDR. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** Colour type: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colour: number;
  readonly interlaced: boolean;
}

type PngDepth = Pick<PngHeader, 'depth' | 'colour'>;

/** The chunks PLTE, for colour type 3, and tRNS. */
export interface PngColours {
  /** Three bytes for each colour. */
  readonly palette: Uint8Array | undefined;
  /** Opacity of each palette colour, or the samples of the one transparent colour, 16 bits each. */
  readonly transparency: Uint8Array | undefined;
}

/** Samples of a pixel, by colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
export const PALETTE = 3;

/** A reduced image: every `right`-th pixel of every `down`-th row, from the pixel (x, y). */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly right: number;
  readonly down: number;
}

const WHOLE: readonly Pass[] = [{ x: 0, y: 0, right: 1, down: 1 }];
const ADAM7: readonly Pass[] = [
  { x: 0, y: 0, right: 8, down: 8 },
  { x: 4, y: 0, right: 8, down: 8 },
  { x: 0, y: 4, right: 4, down: 8 },
  { x: 2, y: 0, right: 4, down: 4 },
  { x: 0, y: 2, right: 2, down: 4 },
  { x: 1, y: 0, right: 2, down: 2 },
  { x: 0, y: 1, right: 1, down: 2 },
];

/** The passes that have pixels, with their size: columns, rows, and bytes of a row without its filter. */
function listPasses(header: PngHeader) {
  const bits = header.depth * (CHANNELS[header.colour] ?? 0);
  return (header.interlaced ? ADAM7 : WHOLE)
    .map((pass) => {
      const columns = Math.ceil((header.width - pass.x) / pass.right);
      const rows = Math.ceil((header.height - pass.y) / pass.down);
      return { ...pass, columns, rows, rowBytes: Math.ceil((columns * bits) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Bytes of all rows with their filters. */
export function countRawBytes(header: PngHeader): number {
  return listPasses(header).reduce((sum, { rows, rowBytes }) => sum + rows * (1 + rowBytes), 0);
}

/** Grey levels over white paper, and opacity if not opaque, from the inflated rows, which it changes. Throws Error. */
export function readPixels(header: PngHeader, raw: Uint8Array, colours: PngColours): GreyImage {
  const { width, height, depth, colour } = header;
  const pixels = new Uint8Array(width * height);
  const step = Math.ceil((depth * (CHANNELS[colour] ?? 0)) / 8);
  const readGrey = chooseReader(header, colours);
  const readOpacity = chooseOpacity(header, colours);
  const alpha = readOpacity && new Uint8Array(width * height);
  let at = 0;
  for (const { x, y, right, down, columns, rows, rowBytes } of listPasses(header)) {
    let above: Uint8Array = new Uint8Array(rowBytes);
    for (let r = 0; r < rows; r++) {
      const row = raw.subarray(at + 1, at + 1 + rowBytes);
      unfilter(raw[at] ?? 0, row, above, step);
      for (let c = 0; c < columns; c++) {
        const place = (y + r * down) * width + x + c * right;
        const grey = readGrey(row, c);
        if (grey === undefined)
          throw new Error(`expected a readable PNG, got: pixel ${place} has a colour that the palette lacks`);
        pixels[place] = grey;
        if (alpha !== undefined) alpha[place] = readOpacity?.(row, c) ?? 255;
      }
      above = row;
      at += 1 + rowBytes;
    }
  }
  return alpha?.some((opacity) => opacity < 255) ? { width, height, pixels, alpha } : { width, height, pixels };
}

/** Reverses the filter of a row. `step`: bytes from a sample to the same sample of the next pixel, at least 1. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, step: number): void {
  if (filter > 4) throw new Error(`expected a readable PNG, got a row with filter ${filter}`);
  if (filter === 0) return;
  for (let i = 0; i < row.length; i++) {
    const left = i < step ? 0 : (row[i - step] ?? 0);
    const up = above[i] ?? 0;
    const corner = i < step ? 0 : (above[i - step] ?? 0);
    const predicted =
      filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, corner);
    row[i] = (row[i] ?? 0) + predicted;
  }
}

/** The neighbour that is nearest to left + up - corner. */
function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** The grey level of a pixel of a row; undefined for an entry that the palette lacks. */
type GreyReader = (row: Uint8Array, column: number) => number | undefined;

function chooseReader({ depth, colour }: PngDepth, { palette, transparency }: PngColours): GreyReader {
  const most = 2 ** depth - 1;
  const read = sampleReader(depth);
  if (palette !== undefined) {
    const greys = Array.from({ length: palette.length / 3 }, (_, i) => {
      const [red = 0, green = 0, blue = 0] = palette.subarray(3 * i);
      return onPaper(luma(red, green, blue) / 255, (transparency?.[i] ?? 255) / 255);
    });
    return (row, column) => greys[read(row, column)];
  }
  const channels = CHANNELS[colour] ?? 1;
  const hasColour = channels >= 3;
  const hasAlpha = channels === 2 || channels === 4;
  const isClear = chooseKey({ depth, colour }, transparency);
  return (row, column) => {
    const at = column * channels;
    const red = read(row, at);
    const grey = hasColour ? luma(red, read(row, at + 1), read(row, at + 2)) : red;
    if (isClear?.(row, column)) return 255;
    return onPaper(grey / most, hasAlpha ? read(row, at + channels - 1) / most : 1);
  };
}

/** Opacity of a pixel, 0 to 255. Undefined if all pixels are opaque. */
function chooseOpacity(
  { depth, colour }: PngDepth,
  { palette, transparency }: PngColours,
): ((row: Uint8Array, column: number) => number) | undefined {
  const read = sampleReader(depth);
  const channels = CHANNELS[colour] ?? 1;
  if (channels === 2 || channels === 4) {
    const most = 2 ** depth - 1;
    return (row, column) => Math.round((255 * read(row, column * channels + channels - 1)) / most);
  }
  if (palette !== undefined) return transparency && ((row, column) => transparency[read(row, column)] ?? 255);
  const isClear = chooseKey({ depth, colour }, transparency);
  return isClear && ((row, column) => (isClear(row, column) ? 0 : 255));
}

/** Whether a pixel has the one transparent colour, which has 16 bits for each sample. Undefined without such a colour. */
function chooseKey(
  { depth, colour }: PngDepth,
  transparency: Uint8Array | undefined,
): ((row: Uint8Array, column: number) => boolean) | undefined {
  const channels = CHANNELS[colour] ?? 1;
  if (transparency === undefined || colour === PALETTE) return undefined;
  const read = sampleReader(depth);
  const clear = Array.from({ length: channels }, (_, i) => sampleReader(16)(transparency, i) & (2 ** depth - 1));
  return (row, column) => clear.every((sample, i) => sample === read(row, column * channels + i));
}

/** Reads a sample of a row by its index. Samples of less than 8 bits are packed, the first one in the highest bits. */
function sampleReader(depth: number): (row: Uint8Array, index: number) => number {
  if (depth === 16) return (row, index) => ((row[2 * index] ?? 0) << 8) | (row[2 * index + 1] ?? 0);
  if (depth === 8) return (row, index) => row[index] ?? 0;
  const most = 2 ** depth - 1;
  return (row, index) => {
    const bit = index * depth;
    return ((row[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & most;
  };
}

/** A grey level 0–1 of opacity `alpha` over white paper, as a byte. */
function onPaper(grey: number, alpha: number): number {
  return Math.round(255 * (grey * alpha + (1 - alpha)));
}
