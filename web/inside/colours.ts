/** Colours of pictures on canvas. */

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

/** Speaks for the answer: blue; against it: orange. */
export const FOR: Rgb = [0, 114, 178];
export const AGAINST: Rgb = [213, 94, 0];

/** Sign and size as a colour: `background` at 0, FOR at 1, AGAINST at -1. */
export function signedColour(value: number, background: Rgb): Rgb {
  return mix(background, value > 0 ? FOR : AGAINST, Math.min(1, Math.abs(value)));
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const at = (i: 0 | 1 | 2) => Math.round(from[i] + share * (to[i] - from[i]));
  return [at(0), at(1), at(2)];
}

export function formatColour([red, green, blue]: Rgb, alpha = 1): string {
  return `rgb(${red} ${green} ${blue} / ${alpha})`;
}

/** The background of a picture, in the colours of the page. */
export function readBackground(): Rgb {
  return darkScheme.matches ? [12, 14, 17] : [255, 255, 255];
}

export const darkScheme = matchMedia('(prefers-color-scheme: dark)');

/** The 2d context of a canvas. Throws without support for canvas. */
export function openContext(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser does not support canvas');
  return context;
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
  picture.getContext('2d')?.putImageData(data, 0, 0);
  const { width, height } = context.canvas;
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
}
