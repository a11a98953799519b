/** Data sets of generated handwriting, and of pictures that show no digit. */
import { Random } from '../../src/core/random.ts';
import { type Point, penInputs, type Stroke, strokeInputs } from '../../src/data/strokes.ts';
import { degradePicture } from './degrade.ts';
import { DIGIT_SHAPES } from './digit-shapes.ts';
import { LETTER_SHAPES, SIGN_SHAPES } from './letter-shapes.ts';
import { HELD_OUT_SCRIBBLES, SCRIBBLES } from './scribbles.ts';
import type { Shape } from './shape.ts';
import { drawPressure, drawWriter, type Writer, writeGlyph } from './writer.ts';

/** Which shapes: those for training, those that are held out, or both. */
export type Part = 'training' | 'held out' | 'all';

export interface Sample {
  /** The digit; undefined for other pictures. */
  readonly label?: number;
  /** The name of the shape. */
  readonly shape: string;
  /** Grey levels [28 × 28]. */
  readonly inputs: Uint8Array;
}

/** Digits that one writer writes: each twice. */
const DIGITS_PER_WRITER = 20;
/** Streams of one seed for digits, letters and scribbles. */
const SUBSTREAMS = { writers: 2 ** 28, digits: 2 ** 29, letters: 2 ** 30, scribbles: 2 ** 31 };

/** `count` digits of random writers. A writer has one shape for each digit. */
export function* handwrittenDigits(count: number, seed: number, part: Part): Generator<Sample, void> {
  for (let i = 0; i < count; i++) {
    const label = i % 10;
    const style = new Random(seed, 'generation', SUBSTREAMS.writers + Math.floor(i / DIGITS_PER_WRITER));
    const writer = drawWriter(style);
    const shapes = DIGIT_SHAPES.map((all) => choose(all.filter(isIn(part)), style));
    const { name, glyph } = shapes[label] ?? { name: '', glyph: '' };
    const random = new Random(seed, 'generation', SUBSTREAMS.digits + i);
    yield { label, shape: `${label} ${name}`, inputs: drawPicture(writeGlyph(glyph, writer, random), writer, random) };
  }
}

/** `count` letters and signs. */
export function* handwrittenLetters(count: number, seed: number, part: Part): Generator<Sample, void> {
  const shapes = [...LETTER_SHAPES, ...LETTER_SHAPES, ...SIGN_SHAPES].filter(isIn(part));
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, 'generation', SUBSTREAMS.letters + i);
    const writer = drawWriter(random);
    const { name, glyph } = shapes[i % shapes.length] ?? { name: '', glyph: '' };
    yield { shape: name, inputs: drawPicture(writeGlyph(glyph, writer, random), writer, random) };
  }
}

/** `count` scribbles, and two digits side by side. */
export function* scribbles(count: number, seed: number, part: Part): Generator<Sample, void> {
  const kinds = Object.entries({
    ...(part === 'held out' ? {} : { ...SCRIBBLES, 'two digits': twoDigits }),
    ...(part === 'training' ? {} : HELD_OUT_SCRIBBLES),
  });
  for (let i = 0; i < count; i++) {
    const random = new Random(seed, 'generation', SUBSTREAMS.scribbles + i);
    const writer = drawWriter(random);
    const [shape, draw] = kinds[i % kinds.length] ?? ['', () => []];
    yield { shape, inputs: drawPicture(draw(random), writer, random) };
  }
}

function isIn(part: Part): (shape: Shape) => boolean {
  return ({ heldOut = false }) => part === 'all' || heldOut === (part === 'held out');
}

function choose<T>(values: readonly T[], random: Random): T | undefined {
  return values[random.below(values.length)];
}

function twoDigits(random: Random): Point[][] {
  const writer = drawWriter(random);
  return [0, 1].flatMap((k) => {
    const { glyph } = choose(DIGIT_SHAPES[random.below(10)] ?? [], random) ?? { glyph: '' };
    const shift = k * (writer.aspect + random.between(0, 0.3));
    return writeGlyph(glyph, writer, random).map((stroke) => stroke.map(([x, y]): Point => [x + shift, y]));
  });
}

/** The inputs of strokes: as the page draws them, with the writer's pen, or as a coarse picture. */
function drawPicture(strokes: readonly Stroke[], writer: Writer, random: Random): Uint8Array {
  const kind = random.uniform();
  if (kind < 0.3) return strokeInputs(strokes);
  const pressure = drawPressure(strokes, writer, random);
  const inputs = penInputs(strokes, {
    radius: writer.pen,
    pressure: (stroke, point) => pressure[stroke]?.[point] ?? 1,
  });
  return kind < 0.65 ? inputs : degradePicture(inputs, random);
}
