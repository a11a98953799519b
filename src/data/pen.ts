/** A round pen on an image. Only + - * / and square roots are used, whose rounding IEEE 754 defines. */

/** A position; y points down. */
export type Point = readonly [x: number, y: number];

/**
 * Draws a line with a round pen that has a soft edge of one pixel. Overlapping lines take the maximum. `ink`
 * [size × size] has values of 0–1, and the centre of pixel (0, 0) is the origin.
 */
function drawSegment(ink: Float64Array, size: number, [x0, y0]: Point, [x1, y1]: Point, radius: number): void {
  const reach = radius + 0.5;
  const [left, right] = pixelsWithin(Math.min(x0, x1) - reach, Math.max(x0, x1) + reach, size);
  const [top, bottom] = pixelsWithin(Math.min(y0, y1) - reach, Math.max(y0, y1) + reach, size);
  const dx = x1 - x0;
  const dy = y1 - y0;
  const length = dx * dx + dy * dy;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const index = y * size + x;
      if (ink[index] === 1) continue;
      // The nearest point of the segment, as a fraction of its length.
      const along = length === 0 ? 0 : ((x - x0) * dx + (y - y0) * dy) / length;
      const t = Math.min(1, Math.max(0, along));
      const u = x - x0 - t * dx;
      const v = y - y0 - t * dy;
      const value = Math.min(1, reach - Math.sqrt(u * u + v * v));
      if (value > (ink[index] ?? 0)) ink[index] = value;
    }
  }
}

/** Draws the lines between the points of a stroke, or a dot for one point. `radiusAt` gives the radius at a point. */
export function drawStroke(
  ink: Float64Array,
  size: number,
  stroke: readonly Point[],
  radiusAt: (point: number) => number,
): void {
  stroke.forEach((end, i) => {
    const start = stroke[i - 1] ?? (stroke.length === 1 ? end : undefined);
    if (start !== undefined) drawSegment(ink, size, start, end, radiusAt(i));
  });
}

/** The first and the last pixel of a row or column between two coordinates. */
function pixelsWithin(low: number, high: number, size: number): [first: number, last: number] {
  return [Math.max(0, Math.ceil(low)), Math.min(size - 1, Math.floor(high))];
}
