/** Generated pictures that no training uses, for the card of a model and for its threshold of recognition. */
import { EdgeMlpError } from '../src/core/errors.ts';
import { SIZE } from '../src/data/picture/fit.ts';
import { digitInputs, type GreyImage } from '../src/data/picture/index.ts';
import { isRecognized, type Mlp, type Recognition } from '../src/index.ts';
import { coarseDigit } from './coarse-digits.ts';
import { DRAWING_SIZES, drawDigits } from './drawings.ts';
import { handwrittenDigits, handwrittenLetters, type Part, type Sample, scribbles } from './handwriting/samples.ts';

/** Not the seed of any training. */
const SEED = 1001;
const DRAWINGS = 40;
const SAMPLES = 2000;

/**
 * Groups of samples. Writers are new in all of them. "Other forms" are held out of the training of the search, "new forms" of
 * every training.
 */
export function generateGroups(): Readonly<Record<string, readonly Sample[]>> {
  return {
    ...Object.fromEntries(
      Object.entries(DRAWING_SIZES).map(([name, size]) => [
        `drawn digits, ${name} size`,
        drawDigits(DRAWINGS, SEED, size),
      ]),
    ),
    'handwritten digits': [...handwrittenDigits(SAMPLES, SEED, 'training')],
    'handwritten digits, other forms': [...handwrittenDigits(SAMPLES, SEED, 'held out')],
    'handwritten digits, 8 × 8 pixels': [...coarseDigits('training')],
    'handwritten digits, other forms, 8 × 8 pixels': [...coarseDigits('held out')],
    'letters and signs': [...handwrittenLetters(SAMPLES, SEED, 'training')],
    'letters and signs, new forms': [...handwrittenLetters(SAMPLES, SEED, 'held out')],
    scribbles: [...scribbles(SAMPLES, SEED, 'training')],
    'scribbles, new forms': [...scribbles(SAMPLES, SEED, 'held out')],
  };
}

/** Digits of a thick pen with 8 × 8 pixels, read as any picture is. */
function* coarseDigits(part: Part): Generator<Sample, void> {
  for (const { inputs, ...sample } of handwrittenDigits(SAMPLES, SEED, part)) {
    yield { ...sample, inputs: readInputs(coarseDigit(inputs, 1, true)) };
  }
}

/** The inputs of a picture; black if it is refused as blank or as several digits. */
function readInputs(image: GreyImage): Uint8Array {
  try {
    return digitInputs(image, 'the picture');
  } catch (error) {
    if (error instanceof EdgeMlpError) return new Uint8Array(SIZE * SIZE);
    throw error;
  }
}

/** Answers of a model to samples. */
export interface GroupMeasures {
  readonly samples: number;
  /** Fraction whose label is predicted; null if the samples are not digits. */
  readonly correct: number | null;
  /** Fraction that the model does not recognize. */
  readonly refused: number;
  readonly medianConfidence: number;
}

/** Measures of samples, of which there must be one at least. */
export function measureGroup(
  mlp: Mlp,
  samples: readonly Sample[],
  recognition: Recognition | undefined,
): GroupMeasures {
  const answers = samples.map(({ inputs }) => mlp.predict(inputs));
  const count = (matches: (answer: (typeof answers)[number], i: number) => boolean) =>
    answers.filter(matches).length / samples.length;
  const isDigits = samples.some(({ label }) => label !== undefined);
  const confidences = answers.map(({ label, probabilities }) => probabilities[label] ?? 0).sort((a, b) => a - b);
  return {
    samples: samples.length,
    correct: isDigits ? count(({ label }, i) => label === samples[i]?.label) : null,
    refused: count(({ probabilities }) => !isRecognized({ recognition }, probabilities)),
    medianConfidence: confidences[confidences.length >> 1] ?? 0,
  };
}

/** The measures of each shape among the samples, the worst shapes first. */
export function measureShapes(
  mlp: Mlp,
  samples: readonly Sample[],
  recognition: Recognition | undefined,
): readonly (readonly [shape: string, GroupMeasures])[] {
  const shapes = Map.groupBy(samples, ({ shape }) => shape);
  const rows = [...shapes].map(([shape, own]) => [shape, measureGroup(mlp, own, recognition)] as const);
  return rows.sort(([, a], [, b]) => (a.correct ?? a.refused) - (b.correct ?? b.refused));
}
