/** Bilinear interpolation between values at whole coordinates. */
export function interpolate(read: (x: number, y: number) => number, x: number, y: number): number {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [u, v] = [x - column, y - row];
  const mix = (at: number) => (1 - u) * read(column, at) + u * read(column + 1, at);
  return (1 - v) * mix(row) + v * mix(row + 1);
}

/** Reads grey levels [28 × 28]; 0 outside. */
export function readPixels(pixels: Uint8Array): (x: number, y: number) => number {
  return (x, y) => (x < 0 || y < 0 || x >= 28 || y >= 28 ? 0 : (pixels[y * 28 + x] ?? 0));
}
