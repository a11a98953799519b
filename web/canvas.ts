/** Drawing on canvas. */
import type { GreyImage } from '../src/data/picture/index.ts';

/** The 2d context of a canvas. Throws without support for canvas. */
export function openContext(canvas: HTMLCanvasElement): CanvasRenderingContext2D;
export function openContext(
  canvas: OffscreenCanvas,
  options?: CanvasRenderingContext2DSettings,
): OffscreenCanvasRenderingContext2D;
export function openContext(canvas: HTMLCanvasElement | OffscreenCanvas, options?: CanvasRenderingContext2DSettings) {
  const context = canvas.getContext('2d', options);
  if (context === null) throw new Error('this browser does not support canvas');
  return context;
}

/** Draws the image, and gives the canvas its size. */
export function drawGrey(canvas: HTMLCanvasElement, { width, height, pixels }: GreyImage): void {
  Object.assign(canvas, { width, height });
  const data = new ImageData(width, height);
  for (const [i, grey] of pixels.entries()) data.data.set([grey, grey, grey, 255], 4 * i);
  openContext(canvas).putImageData(data, 0, 0);
}

export const darkScheme = matchMedia('(prefers-color-scheme: dark)');
export const forcedColours = matchMedia('(forced-colors: active)');

/** Calls `draw` when the colours of the page change, until `signal` is aborted. */
export function onSchemeChange(draw: () => void, signal?: AbortSignal): void {
  for (const scheme of [darkScheme, forcedColours])
    scheme.addEventListener('change', draw, signal === undefined ? {} : { signal });
}
