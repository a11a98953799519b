/**
 * Generated drawings like those on the page: digits, letters and scribbles drawn stroke by stroke on a white pad, with
 * random slant, thickness, size and position, and preprocessed as on the page (src/data/picture/index.ts).
 */
import { Random } from '../src/core/random.ts';
import { digitInputs, type GreyImage } from '../src/data/picture/index.ts';
import { STROKES, type Stroke } from './strokes.ts';

/** Width and height of the pad in pixels. */
const PAD = 280;

export interface Drawing {
  /** The digit; undefined for other drawings. */
  readonly label?: number;
  readonly inputs: Uint8Array;
}

/** `count` digits, cycling through the classes. */
export function generateDigits(count: number, seed: number): Drawing[] {
  return Array.from({ length: count }, (_, i) => {
    const label = i % STROKES.length;
    return { label, inputs: drawStrokes(STROKES[label] ?? [], new Random(seed, 'generation', i)) };
  });
}

/** Capital letters that do not look like digits, and scribbles along random paths. */
export function generateOthers(count: number, seed: number): { letters: Drawing[]; scribbles: Drawing[] } {
  const letters = Array.from({ length: count }, (_, i) => ({
    inputs: drawStrokes(LETTERS[i % LETTERS.length] ?? [], new Random(seed, 'generation', 10_000 + i)),
  }));
  const scribbles = Array.from({ length: count }, (_, i) => {
    const random = new Random(seed, 'generation', 20_000 + i);
    const path = Array.from({ length: 14 }, (): [number, number] => [
      random.between(0.25, 0.75),
      random.between(0.2, 0.8),
    ]);
    return { inputs: drawStrokes([path], random) };
  });
  return { letters, scribbles };
}

const LETTERS: readonly (readonly Stroke[])[] = [
  [
    [
      [0.3, 0.8],
      [0.5, 0.2],
      [0.7, 0.8],
    ],
    [
      [0.37, 0.58],
      [0.63, 0.58],
    ],
  ],
  [
    [
      [0.68, 0.22],
      [0.34, 0.22],
      [0.34, 0.8],
      [0.68, 0.8],
    ],
    [
      [0.34, 0.5],
      [0.6, 0.5],
    ],
  ],
  [
    [
      [0.32, 0.2],
      [0.32, 0.8],
    ],
    [
      [0.68, 0.2],
      [0.68, 0.8],
    ],
    [
      [0.32, 0.5],
      [0.68, 0.5],
    ],
  ],
  [
    [
      [0.34, 0.2],
      [0.34, 0.8],
    ],
    [
      [0.66, 0.2],
      [0.34, 0.52],
      [0.68, 0.8],
    ],
  ],
  [
    [
      [0.26, 0.8],
      [0.3, 0.2],
      [0.5, 0.6],
      [0.7, 0.2],
      [0.74, 0.8],
    ],
  ],
  [
    [
      [0.3, 0.2],
      [0.7, 0.8],
    ],
    [
      [0.7, 0.2],
      [0.3, 0.8],
    ],
  ],
];

/** Draws the strokes with random slant, size, position and pen thickness. */
function drawStrokes(strokes: readonly Stroke[], random: Random): Uint8Array {
  const slant = random.between(-0.7, 0.7);
  const size = random.between(0.5, 1.15);
  const [left, top] = [random.between(-0.12, 0.12), random.between(-0.12, 0.12)];
  const radius = random.between(5, 13);
  const image: GreyImage = { width: PAD, height: PAD, pixels: new Uint8Array(PAD * PAD).fill(255) };
  for (const stroke of strokes) {
    const points = stroke.map(([x, y]): [number, number] => {
      const [u, v] = [(x - 0.5) * size, (y - 0.5) * size];
      return [PAD * (0.5 + left + u - slant * v), PAD * (0.5 + top + v)];
    });
    points.slice(1).forEach((end, i) => void drawSegment(image, points[i] ?? end, end, radius));
  }
  return digitInputs(image, 'a drawing');
}

/** Draws a black line with a round pen. */
function drawSegment(
  { pixels }: GreyImage,
  [x0, y0]: [number, number],
  [x1, y1]: [number, number],
  radius: number,
): void {
  const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  const clamp = (value: number) => Math.min(PAD - 1, Math.max(0, Math.round(value)));
  for (let y = clamp(Math.min(y0, y1) - radius); y <= clamp(Math.max(y0, y1) + radius); y++) {
    for (let x = clamp(Math.min(x0, x1) - radius); x <= clamp(Math.max(x0, x1) + radius); x++) {
      const along = length === 0 ? 0 : ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length;
      const t = Math.min(1, Math.max(0, along));
      const distance = Math.hypot(x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0));
      const ink = Math.min(1, Math.max(0, radius + 0.5 - distance));
      pixels[y * PAD + x] = Math.min(pixels[y * PAD + x] ?? 255, Math.round(255 * (1 - ink)));
    }
  }
}
