/** From a body to predictions. */
import type { z } from '@hono/zod-openapi';
import type { Prediction } from '../../src/api/index.ts';
import type { Inputs } from '../../src/core/dataset.ts';
import { formatNumber } from '../../src/core/errors.ts';
import { classCount, inputSize, multiplyAdds } from '../../src/core/spec.ts';
import { decodePng, pictureInputs, takesPictures } from '../../src/data/image.ts';
import { jsonSamples } from '../../src/data/json-samples.ts';
import { scaleInputs } from '../../src/data/scaling.ts';
import { parseJson } from '../body.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Network } from '../models/network.ts';

export type Answer = z.infer<typeof Prediction>;

export const MEDIA_TYPES = ['application/json', 'application/octet-stream', 'image/png'] as const;

/** The samples of a body, by its media type. Throws 400, 413 or 415. */
export function readSamples(body: Uint8Array<ArrayBuffer>, mediaType: string, network: Network): Inputs {
  if (body.length === 0) throw new HttpError(400, 'body: expected samples, got nothing');
  if (mediaType === 'application/json') {
    const { scaling, spec } = network.info;
    return checkBatch(jsonSamples(parseJson(body), { columns: inputSize(spec), scaling }, 'body'), network);
  }
  if (mediaType === 'application/octet-stream') return rawSamples(body, network);
  if (mediaType === 'image/png') return pictureSample(body, network);
  throw new HttpError(415, `Content-Type: expected ${MEDIA_TYPES.join(', ')}, got ${mediaType || 'none'}`);
}

/** n samples of one byte an input, for a network of pixels; of one little-endian float32 for any other. */
function rawSamples(body: Uint8Array<ArrayBuffer>, network: Network): Inputs {
  const { spec, scaling } = network.info;
  const pixels = scaling.kind === 'bytes';
  const sampleBytes = inputSize(spec) * (pixels ? 1 : Float32Array.BYTES_PER_ELEMENT);
  if (body.length % sampleBytes !== 0) {
    throw new HttpError(
      400,
      `body: expected a multiple of ${sampleBytes} bytes, one sample after the other, got ${body.length}`,
    );
  }
  if (pixels) return checkBatch(body, network);
  const floats = new Float32Array(body.buffer);
  checkBatch(floats, network);
  return scaleInputs(floats, network.info.scaling);
}

function pictureSample(body: Uint8Array<ArrayBuffer>, { info }: Network): Uint8Array {
  if (!takesPictures(info) || info.scaling.kind !== 'bytes') {
    throw new HttpError(415, 'image/png: expected numbers, as this model does not take pictures of 28 × 28 bytes');
  }
  return pictureInputs(decodePng(body, 'picture', LIMITS.picturePixels), info, 'picture');
}

/** Throws 413 for more samples, or more probabilities in their answers, than a request may have. */
export function checkBatch<Samples extends Inputs>(samples: Samples, { info: { spec } }: Network): Samples {
  const batch = samples.length / inputSize(spec);
  if (batch > LIMITS.batch) {
    throw new HttpError(
      413,
      `batch: expected at most ${formatNumber(LIMITS.batch)} samples, got ${formatNumber(batch)}`,
    );
  }
  const classes = classCount(spec);
  if (batch * classes > LIMITS.probabilities) {
    const most = Math.floor(LIMITS.probabilities / classes);
    throw new HttpError(
      413,
      `batch: expected at most ${formatNumber(most)} samples of a model of ${formatNumber(classes)} classes, got ${formatNumber(batch)}`,
    );
  }
  return samples;
}

/** The sample's fault: a model is tried before it is taken, and numbers that are too great overflow in any. */
export function noNumber(): HttpError {
  return new HttpError(400, 'the model has no finite answer to this sample: expected smaller numbers');
}

/** Throws 400 where the answer is no number: JSON would make null of it. */
export function predict({ mlp, info }: Network, samples: Inputs): Answer[] {
  const classes = classCount(info.spec);
  const digits = areDigits(info.classes);
  if (samples.length === inputSize(info.spec)) {
    const { label, probabilities } = mlp.predict(samples);
    return [buildAnswer(label, probabilities, info.classes, digits)];
  }
  const { labels, probabilities } = mlp.predictBatch(samples);
  return Array.from(labels, (label, n) =>
    buildAnswer(label, probabilities.subarray(n * classes, (n + 1) * classes), info.classes, digits),
  );
}

/** All ten of them: two classes that nobody has named are called 0 and 1, and may be anything. */
function areDigits(classes: readonly string[]): boolean {
  return classes.length === 10 && classes.every((name, label) => name === String(label));
}

function buildAnswer(label: number, row: Float32Array, classes: readonly string[], digits: boolean): Answer {
  // Pushed one by one: Array.from would ask an iterator for every number.
  const probabilities: number[] = [];
  for (let i = 0; i < row.length; i++) {
    const probability = row[i] ?? Number.NaN;
    if (!Number.isFinite(probability)) throw noNumber();
    probabilities.push(probability);
  }
  return {
    label,
    class: classes[label] ?? String(label),
    ...(digits ? { digit: label } : {}),
    confidence: probabilities[label] ?? 0,
    probabilities,
  };
}

/** Multiply-adds of a prediction. */
export function estimateWork({ info: { spec } }: Network, samples: Inputs): number {
  return (samples.length / inputSize(spec)) * multiplyAdds(spec.layers);
}
