/** The ink of a digit in a part of an image. */
import { type Labelling, labelComponents, type Mask } from './components.ts';
import type { GreyImage, PictureStage } from './grey-image.ts';
import { removeLines } from './lines.ts';
import { isNoisy } from './noise.ts';
import { removePaper } from './paper.ts';
import { type Box, histogram, medianFilter, otsuThreshold, quantile, reduce } from './raster.ts';
import { type Selection, selectDigit } from './selection.ts';

/** Images are reduced to this side. */
const WORKING_SIDE = 128;
/** An image is blank if its ink differs less from the paper, of 255. */
const MIN_CONTRAST = 40;
/** Share of the ink's strength above which a pixel belongs to a stroke, and above which a stroke must be somewhere. */
const WEAK = 0.3;
const STRONG = 0.5;
/** Lines are searched above this share of the ink's strength. */
const FAINT = 0.15;

export interface Ink {
  readonly kind: 'digit';
  /** The digit's ink, light on black. */
  readonly ink: GreyImage;
  /** Box of the digit in `ink`. */
  readonly digit: Box;
  /** Whether it is darker than the paper. */
  readonly dark: boolean;
  /** Side of the squares of pixels that became a pixel of `ink`. */
  readonly factor: number;
  readonly stages: readonly PictureStage[];
}

/** There is no digit, or several. */
export interface NoInk {
  readonly kind: 'blank' | 'several';
  readonly stages: readonly PictureStage[];
}

/** Finds the ink of the digit in a part of an image. `dark`: as in `removePaper`. */
export function readInk(grey: GreyImage, box: Box, dark?: boolean): Ink | NoInk {
  const factor = Math.ceil(Math.max(box.width, box.height) / WORKING_SIDE);
  const reduced = reduce(grey, factor, box);
  const paperless = removePaper(isNoisy(reduced) ? medianFilter(reduced) : reduced, dark);
  const flat = stretch(paperless.ink);
  if (flat === undefined) return { kind: 'blank', stages: [] };
  const lineless = applyMask(flat, removeLines(threshold(flat, 255 * FAINT)));
  let found = select(lineless);
  // A straight 1 that fills the image looks like a line.
  if (found.selection.kind === 'blank') found = select(flat);
  const { strokes, labelling, selection } = found;
  const stages = [
    { name: 'Background removed', image: flat },
    { name: 'Lines removed', image: strokes },
  ];
  if (selection.kind !== 'digit') return { kind: selection.kind, stages };
  const ink = cutOut(strokes, labelling, new Set(selection.parts.map(({ label }) => label)));
  stages.push({ name: 'Ink', image: ink });
  return { kind: 'digit', ink, dark: paperless.dark, digit: unite(selection.parts), factor, stages };
}

/** The components of strokes, and which of them are the digit. */
function select(strokes: GreyImage): { strokes: GreyImage; labelling: Labelling; selection: Selection } {
  const labelling = keepStrong(labelComponents(threshold(strokes, 255 * WEAK)), strokes);
  const selection = selectDigit(labelling.components, Math.min(strokes.width, strokes.height));
  return { strokes, labelling, selection };
}

/** Full contrast: the level that 10 % of the ink exceeds becomes 255. Undefined for a blank image. */
function stretch(ink: GreyImage): GreyImage | undefined {
  const counts = histogram(ink.pixels);
  const strength = quantile(counts, 0.9, otsuThreshold(counts) + 1);
  if (strength < MIN_CONTRAST) return undefined;
  const levels = Uint8Array.from({ length: 256 }, (_, value) => Math.min(255, Math.round((255 * value) / strength)));
  const pixels = new Uint8Array(ink.pixels.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = levels[ink.pixels[i] ?? 0] ?? 0;
  return { ...ink, pixels };
}

function threshold({ width, height, pixels }: GreyImage, level: number): Mask {
  const bits = new Uint8Array(pixels.length);
  for (let i = 0; i < bits.length; i++) bits[i] = (pixels[i] ?? 0) > level ? 1 : 0;
  return { width, height, bits };
}

/** The ink without the pixels that a mask lost. Fainter pixels are kept: they are soft edges. */
function applyMask(ink: GreyImage, { bits }: Mask): GreyImage {
  const pixels = ink.pixels.slice();
  for (let i = 0; i < pixels.length; i++) if (bits[i] === 0 && (pixels[i] ?? 0) > 255 * FAINT) pixels[i] = 0;
  return { ...ink, pixels };
}

/** Components with a strong pixel (hysteresis: Canny, 1986). */
function keepStrong({ labels, components }: Labelling, { pixels }: GreyImage): Labelling {
  const strong = new Uint8Array(components.length + 1);
  for (let i = 0; i < labels.length; i++) if ((pixels[i] ?? 0) >= 255 * STRONG) strong[labels[i] ?? 0] = 1;
  return { labels, components: components.filter(({ label }) => strong[label] === 1) };
}

/** The ink of some components, with the soft edges around them. */
function cutOut({ width, height, pixels }: GreyImage, { labels }: Labelling, kept: ReadonlySet<number>): GreyImage {
  const reach = Math.max(width, height) > 64 ? 2 : 1;
  const result = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!kept.has(labels[y * width + x] ?? 0)) continue;
      for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
        for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column++) {
          const at = row * width + column;
          const label = labels[at] ?? 0;
          if (label === 0 || kept.has(label)) result[at] = pixels[at] ?? 0;
        }
      }
    }
  }
  return { width, height, pixels: result };
}

function unite(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  const right = Math.max(...boxes.map((box) => box.left + box.width));
  const bottom = Math.max(...boxes.map((box) => box.top + box.height));
  return { left, top, width: right - left, height: bottom - top };
}
