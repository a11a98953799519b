/** Writes digit.png, digit.raw and digit.json: one drawn 7, as a picture, as bytes and as JSON. */
import { writeFileSync } from 'node:fs';
import { digitInputs } from 'edge-mlp/data';
import { decodePng } from 'edge-mlp/png';
import { encode } from 'fast-png';

const SIDE = 140;
const PEN_RADIUS = 6;
/** Corners of the 7, as shares of the side: horizontal, then vertical. */
const STROKE = [
  [0.36, 0.25],
  [0.65, 0.25],
  [0.46, 0.78],
];

/** Distance of a pixel to a line from `a` to `b`, in pixels. */
function distanceToLine(x, y, a, b) {
  const [ax, ay, bx, by] = [...a, ...b].map((share) => share * SIDE);
  const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay));
}

// Black ink on white paper, with an edge one pixel wide.
const data = Uint8Array.from({ length: SIDE * SIDE }, (_, pixel) => {
  const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
  const distance = Math.min(...STROKE.slice(1).map((end, i) => distanceToLine(x, y, STROKE[i], end)));
  return 255 * Math.min(1, Math.max(0, distance - PEN_RADIUS + 0.5));
});
const png = encode({ width: SIDE, height: SIDE, data, channels: 1, depth: 8 });
writeFileSync('digit.png', png);

// Cropped, scaled and centred in 28 × 28, white on black, as the model expects its inputs.
const pixels = digitInputs(decodePng(png, 'digit.png'));
writeFileSync('digit.raw', pixels);
const rows = Array.from({ length: 28 }, (_, row) => `    [${pixels.subarray(28 * row, 28 * row + 28).join(', ')}]`);
writeFileSync('digit.json', `{\n  "pixels": [\n${rows.join(',\n')}\n  ]\n}\n`);
