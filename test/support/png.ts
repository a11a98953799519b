/** An encoder of every kind of PNG. It shares no code with the decoder. */
import { crc32, deflateSync, type ZlibOptions } from 'node:zlib';
import fc from 'fast-check';

export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Each colour type with its channels and accepted depths. */
export const PNG_KINDS = [
  { colour: 0, channels: 1, depths: [1, 2, 4, 8, 16] },
  { colour: 2, channels: 3, depths: [8, 16] },
  { colour: 3, channels: 1, depths: [1, 2, 4, 8] },
  { colour: 4, channels: 2, depths: [8, 16] },
  { colour: 6, channels: 4, depths: [8, 16] },
] as const;

/** The pass of each pixel of a tile of 8 × 8 pixels (PNG specification, section 8.1). */
const TILE = ['16462646', '77777777', '56565656', '77777777', '36463646', '77777777', '56565656', '77777777'];

export interface PngImage {
  readonly width: number;
  readonly height: number;
  readonly colour: number;
  readonly depth: number;
  readonly interlaced?: boolean;
  /** `[height][width][channels]` */
  readonly samples: readonly number[];
  /** Filters of the rows, in turn. Default: none. */
  readonly filters?: readonly number[];
  /** Three bytes for each colour. */
  readonly palette?: Uint8Array | undefined;
  /** The data of tRNS. */
  readonly transparency?: Uint8Array | undefined;
  /** Sizes of the first IDAT chunks; the last one has the rest. */
  readonly pieces?: readonly number[];
  readonly zlib?: ZlibOptions;
}

export function pngChunk(type: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

export function pngHeader(
  width: number,
  height: number,
  { depth = 8, colour = 0, interlaced = false } = {},
): Uint8Array {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt32BE(width, 0);
  bytes.writeUInt32BE(height, 4);
  bytes.set([depth, colour, 0, 0, Number(interlaced)], 8);
  return pngChunk('IHDR', bytes);
}

export function pngFile(...chunks: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([PNG_SIGNATURE, ...chunks, pngChunk('IEND')]);
}

export function encodePng(image: PngImage): Uint8Array {
  const { width, height, palette, transparency, pieces = [] } = image;
  const packed = deflateSync(filteredRows(image), image.zlib);
  const ends = pieces.map((_, i) => pieces.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
  const data = [...ends, packed.length].map((end, i) => packed.subarray(ends[i - 1] ?? 0, end));
  return pngFile(
    pngHeader(width, height, image),
    ...(palette === undefined ? [] : [pngChunk('PLTE', palette)]),
    ...(transparency === undefined ? [] : [pngChunk('tRNS', transparency)]),
    ...data.map((piece) => pngChunk('IDAT', piece)),
  );
}

/** The rows of all passes with their filters, before compression. */
export function filteredRows(image: PngImage): Uint8Array {
  const { width, height, interlaced = false, filters = [0] } = image;
  const bytes: number[] = [];
  let count = 0;
  for (const pass of interlaced ? '1234567' : '.') {
    let above: readonly number[] = [];
    for (let y = 0; y < height; y++) {
      const columns = Array.from({ length: width }, (_, x) => x).filter(
        (x) => !interlaced || TILE[y % 8]?.[x % 8] === pass,
      );
      if (columns.length === 0) continue;
      const row = packRow(image, y, columns);
      const filter = filters[count++ % filters.length] ?? 0;
      bytes.push(filter, ...filterRow(filter, row, above, pixelBytes(image)));
      above = row;
    }
  }
  return Uint8Array.from(bytes);
}

function channels({ colour }: PngImage): number {
  return PNG_KINDS.find((kind) => kind.colour === colour)?.channels ?? 1;
}

function pixelBytes(image: PngImage): number {
  return Math.max(1, (channels(image) * image.depth) / 8);
}

/** The samples of some pixels of a row as bytes, by a text of bits. */
function packRow(image: PngImage, y: number, columns: readonly number[]): number[] {
  const bits = columns.flatMap((x) =>
    Array.from({ length: channels(image) }, (_, c) =>
      (image.samples[(y * image.width + x) * channels(image) + c] ?? 0).toString(2).padStart(image.depth, '0'),
    ),
  );
  return (
    bits
      .join('')
      .match(/.{1,8}/g)
      ?.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)) ?? []
  );
}

function filterRow(filter: number, row: readonly number[], above: readonly number[], step: number): number[] {
  return row.map((byte, i) => {
    const [a = 0, b = 0, c = 0] = [row[i - step], above[i], above[i - step]];
    const near = [a, b, c].toSorted((p, q) => Math.abs(a + b - c - p) - Math.abs(a + b - c - q))[0] ?? 0;
    const predicted = [0, a, b, Math.floor((a + b) / 2), near][filter] ?? 0;
    return (byte - predicted) & 255;
  });
}

/** Random images of one kind, or of any. Their sizes give empty passes and incomplete bytes. */
export function pngImages(only: { colour?: number; depth?: number; interlaced?: boolean }): fc.Arbitrary<PngImage> {
  const kinds = PNG_KINDS.flatMap(({ depths, ...kind }) => depths.map((depth) => ({ ...kind, depth })));
  const wanted = kinds.filter(
    ({ colour, depth }) => colour === (only.colour ?? colour) && depth === (only.depth ?? depth),
  );
  const side = fc.integer({ min: 1, max: 20 });
  return fc.tuple(fc.constantFrom(...wanted), side, side).chain(([{ colour, depth, channels }, width, height]) => {
    const length = width * height * channels;
    const shape = { width, height, colour, depth };
    return fc
      .record({
        samples: fc.array(fc.integer({ min: 0, max: 2 ** depth - 1 }), { minLength: length, maxLength: length }),
        interlaced: only.interlaced === undefined ? fc.boolean() : fc.constant(only.interlaced),
        filters: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 9 }),
        pieces: fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 5 }),
        isClear: fc.boolean(),
      })
      .map(({ isClear, ...image }) => ({ ...shape, ...image, ...addColours(shape, image.samples, isClear) }));
  });
}

/** A palette of all colours that samples can name; transparency as half a palette, or as the colour of the first pixel. */
function addColours(
  { colour, depth }: { colour: number; depth: number },
  samples: readonly number[],
  isClear: boolean,
): Pick<PngImage, 'palette' | 'transparency'> {
  const key = samples.slice(0, colour + 1).flatMap((sample) => [sample >> 8, sample & 255]);
  const opacities = Array.from({ length: 2 ** (depth - 1) }, (_, i) => (i * 37) % 256);
  const transparency = colour === 3 ? opacities : colour < 3 ? key : undefined;
  return {
    palette: colour === 3 ? Uint8Array.from({ length: 3 * 2 ** depth }, (_, i) => (i * 91) % 256) : undefined,
    transparency: isClear && transparency !== undefined ? Uint8Array.from(transparency) : undefined,
  };
}
