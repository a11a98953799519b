/** Colours of pictures on canvas. */
import { darkScheme, forcedColours, openContext } from '../canvas.ts';
import { createElement } from '../dom.ts';
import './colours.css';

export type Rgb = readonly [red: number, green: number, blue: number];

/** Distinguishable for colour-blind people: Okabe and Ito, "Color universal design" (2008). */
const CLASS_COLOURS: readonly Rgb[] = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [213, 94, 0],
  [86, 180, 233],
  [240, 228, 66],
  [130, 130, 130],
];

/** With more classes than colours, colours repeat. */
export function classColour(label: number): Rgb {
  return CLASS_COLOURS[label % CLASS_COLOURS.length] ?? [130, 130, 130];
}

/** Colours of the page's style sheets. */
export interface Palette {
  readonly background: Rgb;
  readonly ink: Rgb;
  /** Speaks for the answer. */
  readonly positive: Rgb;
  /** Speaks against it. */
  readonly negative: Rgb;
}

/** The colours of the current scheme, also of forced colours. */
export function readPalette(): Palette {
  const scheme = [darkScheme, forcedColours].map(({ matches }) => matches).join();
  const known = palettes.get(scheme);
  if (known !== undefined) return known;
  const probe = createElement('i');
  probe.className = 'colour-probe';
  document.body.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(${name})`;
    return parseColour(getComputedStyle(probe).color);
  };
  const palette = {
    background: read('--pad'),
    ink: read('--ink'),
    positive: read('--for'),
    negative: read('--against'),
  };
  probe.remove();
  palettes.set(scheme, palette);
  return palette;
}

const palettes = new Map<string, Palette>();

/** A computed colour in any notation. */
function parseColour(text: string): Rgb {
  const context = openContext(new OffscreenCanvas(1, 1), { willReadFrequently: true });
  context.fillStyle = text;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

/** Sign and size as a colour: `background` at 0, the colours of the palette at 1 and -1. */
export function signedColour(value: number, { positive, negative }: Palette, background: Rgb): Rgb {
  return mix(background, value > 0 ? positive : negative, Math.min(1, Math.abs(value)));
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const at = (i: 0 | 1 | 2) => Math.round(from[i] + share * (to[i] - from[i]));
  return [at(0), at(1), at(2)];
}

export function formatColour([red, green, blue]: Rgb, alpha = 1): string {
  return `rgb(${red} ${green} ${blue} / ${alpha})`;
}

/** Draws a picture of [rows][columns] colours over the whole canvas. */
export function drawColours(
  context: CanvasRenderingContext2D,
  columns: number,
  colours: readonly Rgb[],
  smooth: boolean,
): void {
  const rows = colours.length / columns;
  const picture = new OffscreenCanvas(columns, rows);
  const data = new ImageData(columns, rows);
  for (const [i, colour] of colours.entries()) data.data.set([...colour, 255], 4 * i);
  openContext(picture).putImageData(data, 0, 0);
  const { width, height } = context.canvas;
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
}
