/** What a network sees, on a canvas of 28×28. */
export const DIGIT_SIDE = 28;

/** Grey levels 0–255, row after row; black where there are none. */
export function showPixels(canvas: HTMLCanvasElement, pixels: Uint8Array = new Uint8Array(DIGIT_SIDE ** 2)): void {
  const data = new ImageData(DIGIT_SIDE, DIGIT_SIDE);
  for (const [i, grey] of pixels.entries()) data.data.set([grey, grey, grey, 255], 4 * i);
  canvas.getContext('2d')?.putImageData(data, 0, 0);
}
