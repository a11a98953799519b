/** Simulated photographs of digits: paper, ink and what disturbs them, with random strengths and places. */

import { coarseDigit } from '../models/coarse-digits.ts';
import { interpolate, readPixels } from '../models/handwriting/interpolate.ts';
import type { Random } from '../src/core/random.ts';
import type { GreyImage } from '../src/data/picture/index.ts';

/** A photograph as numbers 0 (black) to 255 (white), `[height][width]`. */
interface Photograph {
  readonly width: number;
  readonly height: number;
  readonly light: Float64Array;
}

/** Place of the digit on the paper, and the greys of both. */
interface Setting {
  readonly width: number;
  readonly height: number;
  /** Side of the square that MNIST's 28 × 28 pixels fill. */
  readonly side: number;
  readonly left: number;
  readonly top: number;
  readonly paper: number;
  readonly ink: number;
  /** Slope of the edges of strokes: 1 keeps MNIST's soft edges. */
  readonly sharpness: number;
}

/** MNIST's digits are light on black. `digit`: [28][28] */
export type Kind = (digit: Uint8Array, random: Random) => GreyImage;

const SIDE = 28;

/** The rows of the table. */
export const KINDS: Readonly<Record<string, Kind>> = {
  'MNIST itself, 28 × 28': (digit) => ({ width: SIDE, height: SIDE, pixels: digit }),
  'dark on light, 28 × 28': (digit) => ({ width: SIDE, height: SIDE, pixels: digit.map((value) => 255 - value) }),
  'any size and place': (digit, random) => develop(draw(digit, choose(random))),
  'drawn in 27 × 27': (digit, random) => develop(draw(digit, choose(random, { width: 27, height: 27, side: 27 }))),
  'drawn in 28 × 28': (digit, random) => develop(draw(digit, choose(random, { width: 28, height: 28, side: 28 }))),
  'drawn in 29 × 29': (digit, random) => develop(draw(digit, choose(random, { width: 29, height: 29, side: 29 }))),
  'small in a corner of 28 × 28': (digit, random) =>
    develop(draw(digit, choose(random, { width: 28, height: 28, side: 18 + random.below(5), sharpness: 1 }))),
  'small in a corner': (digit, random) => develop(draw(digit, choose(random, { side: 28 + random.below(30) }))),
  'cropped to the ink': (digit, random) => crop(develop(draw(digit, choose(random)))),
  '8 × 8 pixels, as squares': (digit) => coarseDigit(digit, 0, false),
  '8 × 8 pixels, interpolated': (digit) => coarseDigit(digit, 0, true),
  '8 × 8 pixels, thicker, as squares': (digit) => coarseDigit(digit, 1, false),
  '8 × 8 pixels, thicker, interpolated': (digit) => coarseDigit(digit, 1, true),
  'light on dark': (digit, random) =>
    develop(draw(digit, choose(random, { paper: random.between(0, 90), ink: random.between(170, 255) }))),
  'faint ink': (digit, random) => {
    const paper = random.between(150, 255);
    return develop(draw(digit, choose(random, { paper, ink: paper - random.between(60, 90) })));
  },
  'linear shadow, 20 %': (digit, random) => develop(shade(draw(digit, choose(random)), random, 0.2)),
  'linear shadow, 20 to 70 %': (digit, random) =>
    develop(shade(draw(digit, choose(random)), random, random.between(0.2, 0.7))),
  'hard shadow at the edge': (digit, random) => develop(darken(draw(digit, choose(random)), random)),
  'black frame': (digit, random) => develop(frame(draw(digit, choose(random)), random, 4)),
  'dark borders on one to three sides': (digit, random) =>
    develop(frame(draw(digit, choose(random)), random, 1 + random.below(3))),
  'box around the digit': (digit, random) => {
    const setting = choose(random);
    return develop(drawBox(draw(digit, setting), setting, digit, random));
  },
  'lined paper': (digit, random) => {
    const setting = choose(random);
    return develop(draw(digit, setting, rule(setting, random, false)));
  },
  'squared paper': (digit, random) => {
    const setting = choose(random);
    return develop(draw(digit, setting, rule(setting, random, true)));
  },
  'noise, normal, σ 10 to 40': (digit, random) =>
    develop(addNoise(draw(digit, choose(random)), random, random.between(10, 40))),
  'noise, single pixels, 1 to 5 %': (digit, random) =>
    develop(addSpecks(draw(digit, choose(random)), random, random.between(0.01, 0.05))),
  'specks of dust': (digit, random) => develop(addDust(draw(digit, choose(random)), random)),
  'JPEG artefacts': (digit, random) =>
    compress(develop(addNoise(draw(digit, choose(random)), random, 3)), random.between(10, 50)),
  'shadow, lines and noise': (digit, random) => {
    const setting = choose(random);
    const page = draw(digit, setting, rule(setting, random, false));
    return develop(addNoise(shade(page, random, random.between(0.1, 0.4)), random, random.between(3, 12)));
  },
  'light ink on transparent': (digit, random) => cutOut(digit, random, 255),
  'dark ink on transparent': (digit, random) => cutOut(digit, random, 0),
};

/** Pictures with two digits, which must be refused. */
export function drawTwo(first: Uint8Array, second: Uint8Array, random: Random): GreyImage {
  const side = 60 + random.below(140);
  const setting = choose(random, { width: 2 * side, height: side, side, left: 0, top: 0 });
  const page = draw(second, { ...setting, left: side, top: random.between(-0.1, 0.1) * side });
  return develop(draw(first, setting, page));
}

/** Random size, place and greys; `fixed` overrides them. */
function choose(random: Random, fixed: Partial<Setting> = {}): Setting {
  const width = fixed.width ?? 80 + random.below(240);
  const height = fixed.height ?? 80 + random.below(240);
  const side = fixed.side ?? random.between(0.5, 1) * Math.min(width, height);
  return {
    width,
    height,
    side,
    left: random.uniform() * (width - side),
    top: random.uniform() * (height - side),
    paper: random.between(190, 255),
    ink: random.between(0, 90),
    sharpness: random.between(1, 4),
    ...fixed,
  };
}

/** Draws a digit on paper, by default plain. */
function draw(digit: Uint8Array, setting: Setting, page = fill(setting)): Photograph {
  const { width, height, side, left, top, ink, sharpness } = setting;
  const light = page.light.slice();
  const read = readPixels(digit);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const grey =
        interpolate(read, (SIDE * (x + 0.5 - left)) / side - 0.5, (SIDE * (y + 0.5 - top)) / side - 0.5) / 255;
      const cover = sharpness === 1 ? grey : clamp(sharpness * (grey - 0.4) + 0.4, 1);
      const at = y * width + x;
      light[at] = (light[at] ?? 0) + cover * (ink - (light[at] ?? 0));
    }
  }
  return { width, height, light };
}

function fill({ width, height, paper }: Setting): Photograph {
  return { width, height, light: new Float64Array(width * height).fill(paper) };
}

const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));

function develop({ width, height, light }: Photograph): GreyImage {
  return { width, height, pixels: Uint8Array.from(light, (value) => Math.round(clamp(value, 255))) };
}

function change(photograph: Photograph, convert: (value: number, x: number, y: number) => number): Photograph {
  const { width, light } = photograph;
  return { ...photograph, light: light.map((value, i) => convert(value, i % width, Math.floor(i / width))) };
}

/** Less light from one side to the other, in a random direction. */
function shade(photograph: Photograph, random: Random, strength: number): Photograph {
  const angle = random.between(0, 2 * Math.PI);
  const [across, down] = [Math.cos(angle), Math.sin(angle)];
  const reach = Math.abs(across) + Math.abs(down);
  return change(photograph, (value, x, y) => {
    const along = across * (x / photograph.width - 0.5) + down * (y / photograph.height - 0.5);
    return value * (1 - strength * (0.5 + along / reach));
  });
}

/** A shadow with a sharp, slightly slanted edge along one side. It may reach the digit. */
function darken(photograph: Photograph, random: Random): Photograph {
  const [turn, reach, slope] = [random.below(4), random.between(0.05, 0.4), random.between(-0.3, 0.3)];
  const light = random.between(0.4, 0.85);
  const softness = random.between(0.002, 0.04);
  return change(photograph, (value, x, y) => {
    const [u, v] = [x / photograph.width, y / photograph.height];
    const [depth, along] = (
      [
        [u, v],
        [1 - u, v],
        [v, u],
        [1 - v, u],
      ] as const
    )[turn] ?? [0, 0];
    const share = clamp((depth - reach - slope * (along - 0.5)) / softness + 0.5, 1);
    return value * (light + (1 - light) * share);
  });
}

/** Dark borders on some sides. */
function frame(photograph: Photograph, random: Random, sides: number): Photograph {
  const { width, height } = photograph;
  const dark = random.between(0, 60);
  const thickness = random.between(0.005, 0.06) * Math.min(width, height) + 1;
  const start = random.below(4);
  return change(photograph, (value, x, y) => {
    const distances = [x, y, width - 1 - x, height - 1 - y];
    const chosen = Array.from({ length: sides }, (_, i) => distances[(start + i) % 4] ?? width);
    return chosen.some((distance) => distance < thickness) ? dark : value;
  });
}

/** The outline of a rectangle around the ink of the digit. */
function drawBox(photograph: Photograph, setting: Setting, digit: Uint8Array, random: Random): Photograph {
  const box = inkBox(digit);
  const scale = setting.side / SIDE;
  const gap = () => random.between(0.06, 0.25) * setting.side;
  const thickness = Math.max(1, random.between(0.01, 0.04) * setting.side);
  const left = setting.left + box.left * scale - gap();
  const right = setting.left + box.right * scale + gap();
  const top = setting.top + box.top * scale - gap();
  const bottom = setting.top + box.bottom * scale + gap();
  const tilt = random.between(-0.02, 0.02);
  return change(photograph, (value, x, y) => {
    const [u, v] = [x + tilt * y, y - tilt * x];
    const inside = Math.min(u - left, right - u, v - top, bottom - v);
    const cover = clamp(Math.min(inside, thickness - inside) + 0.5, 1);
    return value + cover * (setting.ink - value);
  });
}

function inkBox(digit: Uint8Array): { left: number; top: number; right: number; bottom: number } {
  let [left, top, right, bottom] = [SIDE, SIDE, 0, 0];
  digit.forEach((value, i) => {
    if (value < 64) return;
    left = Math.min(left, i % SIDE);
    right = Math.max(right, (i % SIDE) + 1);
    top = Math.min(top, Math.floor(i / SIDE));
    bottom = Math.floor(i / SIDE) + 1;
  });
  return { left, top, right, bottom };
}

/** Paper with lines: horizontal ones, or both. The digit is drawn over them. */
function rule(setting: Setting, random: Random, squared: boolean): Photograph {
  const spacing = random.between(0.12, 0.4) * setting.side;
  const thickness = Math.max(1, random.between(0.005, 0.025) * setting.side);
  const grey = random.between(60, 200);
  const tilt = random.between(-0.02, 0.02);
  const [right, down] = [random.uniform() * spacing, random.uniform() * spacing];
  const cover = (position: number) => {
    const distance = position - spacing * Math.floor(position / spacing);
    return clamp(Math.min(distance, thickness - distance) + 0.5, 1);
  };
  return change(fill(setting), (value, x, y) => {
    const line = Math.max(cover(y + tilt * x + down), squared ? cover(x - tilt * y + right) : 0);
    return value + line * (Math.min(grey, value) - value);
  });
}

function addNoise(photograph: Photograph, random: Random, deviation: number): Photograph {
  // The sum of four uniform numbers has a variance of 1/3.
  const normal = () => (random.uniform() + random.uniform() + random.uniform() + random.uniform() - 2) * Math.sqrt(3);
  return change(photograph, (value) => value + deviation * normal());
}

function addSpecks(photograph: Photograph, random: Random, share: number): Photograph {
  return change(photograph, (value) => (random.uniform() < share ? 255 * random.below(2) : value));
}

/** Dark dots with a diameter of 0.5 to 3 % of the picture. */
function addDust(photograph: Photograph, random: Random): Photograph {
  const { width, height } = photograph;
  const dots = Array.from({ length: 3 + random.below(20) }, () => ({
    x: random.uniform() * width,
    y: random.uniform() * height,
    radius: random.between(0.0025, 0.015) * Math.min(width, height) + 0.3,
    grey: random.between(0, 120),
  }));
  return change(photograph, (value, x, y) =>
    dots.reduce((light, dot) => {
      const cover = clamp(dot.radius + 0.5 - Math.sqrt((x - dot.x) ** 2 + (y - dot.y) ** 2), 1);
      return light + cover * (Math.min(light, dot.grey) - light);
    }, value),
  );
}

/** Without the paper around the ink. */
function crop(image: GreyImage): GreyImage {
  const { width, height, pixels } = image;
  const middle = 128;
  let [left, top, right, bottom] = [width, height, 0, 0];
  pixels.forEach((value, i) => {
    if (value > middle) return;
    left = Math.min(left, i % width);
    right = Math.max(right, (i % width) + 1);
    top = Math.min(top, Math.floor(i / width));
    bottom = Math.floor(i / width) + 1;
  });
  if (right <= left) return image;
  const cropped = new Uint8Array((right - left) * (bottom - top));
  for (let y = top; y < bottom; y++) {
    cropped.set(pixels.subarray(y * width + left, y * width + right), (y - top) * (right - left));
  }
  return { width: right - left, height: bottom - top, pixels: cropped };
}

/** Ink without paper: the digit is the opacity. */
function cutOut(digit: Uint8Array, random: Random, ink: number): GreyImage {
  const cover = develop(draw(digit, choose(random, { paper: 0, ink: 255 })));
  const pixels = cover.pixels.map((alpha) => Math.round((ink * alpha) / 255 + 255 - alpha));
  return { ...cover, pixels, alpha: cover.pixels };
}

/** Luminance quantization of JPEG (ITU-T T.81, table K.1). */
const QUANTIZATION = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
  87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];
const BLOCK = 8;
/** The discrete cosine transform of 8 values, `[frequency][position]`. */
const COSINES = Array.from({ length: BLOCK * BLOCK }, (_, i) => {
  const [frequency, position] = [Math.floor(i / BLOCK), i % BLOCK];
  return (frequency === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * position + 1) * frequency * Math.PI) / 16);
});

/** The losses of JPEG: each block of 8 × 8 pixels keeps its rounded frequencies. `quality`: 1 to 100, as in libjpeg. */
function compress(image: GreyImage, quality: number): GreyImage {
  const { width, height } = image;
  const pixels = image.pixels.slice();
  const scale = (quality < 50 ? 5000 / quality : 200 - 2 * quality) / 100;
  for (let top = 0; top < height; top += BLOCK) {
    for (let left = 0; left < width; left += BLOCK) {
      const at = (i: number) =>
        Math.min(height - 1, top + Math.floor(i / BLOCK)) * width + Math.min(width - 1, left + (i % BLOCK));
      const block = Float64Array.from({ length: BLOCK * BLOCK }, (_, i) => (pixels[at(i)] ?? 0) - 128);
      const steps = QUANTIZATION.map((step) => Math.max(1, step * scale));
      const kept = transform(block, false).map((value, i) => Math.round(value / (steps[i] ?? 1)) * (steps[i] ?? 1));
      transform(kept, true).forEach((value, i) => {
        pixels[at(i)] = Math.round(clamp(value + 128, 255));
      });
    }
  }
  return { width, height, pixels };
}

/** The cosine transform of a block in both directions, or its inverse. */
function transform(block: Float64Array, inverse: boolean): Float64Array {
  const along = (values: Float64Array) =>
    Float64Array.from(values, (_, i) => {
      const [column, row] = [Math.floor(i / BLOCK), i % BLOCK];
      let sum = 0;
      for (let k = 0; k < BLOCK; k++) {
        const cosine = COSINES[inverse ? k * BLOCK + column : column * BLOCK + k] ?? 0;
        sum += cosine * (values[row * BLOCK + k] ?? 0);
      }
      return sum;
    });
  // Each pass also transposes the block.
  return along(along(block));
}
