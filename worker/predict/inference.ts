/** From a request body to predictions. */
import type { Prediction, ValuePrediction } from '../../src/api/predict.ts';
import { byteValue, type Inputs } from '../../src/core/dataset.ts';
import { formatNumber } from '../../src/core/errors.ts';
import { isRecognized, recognitionScore } from '../../src/core/recognition.ts';
import { classCount, inputSize, multiplyAdds, outputSize } from '../../src/core/spec.ts';
import { nameTargets, unscaleTargets } from '../../src/core/targets.ts';
import { csvSamples } from '../../src/data/csv-samples.ts';
import { decodeText } from '../../src/data/decode.ts';
import { jsonSamples, type SampleShape } from '../../src/data/json-samples.ts';
import { pictureInputs, takesPictures } from '../../src/data/picture/index.ts';
import { scaleInputs } from '../../src/data/scaling.ts';
import { describeSamples, type ModelInfo } from '../../src/format/metadata.ts';
import { badRequest, HttpError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { LIMITS } from '../limits.ts';
import type { Network } from '../models/networks.ts';
import type { Content } from './content.ts';

/** Samples of a body, by its media type. Throws 400, 413 or 415. */
export function readSamples(content: Content, network: Network): Inputs {
  const { mediaType } = content;
  if (content.kind === 'image') return readPicture(content, network);
  const { bytes: body } = content;
  switch (mediaType) {
    case 'application/json':
      return checkBatch(jsonSamples(parseJson(body), describeRequest(network.info), 'body'), network);
    case 'text/csv':
      return checkBatch(readRows(body, network.info), network);
    case 'application/octet-stream':
      return readRawSamples(body, network);
    default: {
      const expected = 'application/json, application/octet-stream, image/png, image/jpeg, image/webp, text/csv';
      throw new HttpError(415, `Content-Type: expected ${expected}, got ${mediaType || 'none'}`);
    }
  }
}

/** The form of the samples in a request. A short cell may become many inputs, so their number is limited. */
export function describeRequest(info: ModelInfo): SampleShape {
  const sampleBytes = inputSize(info.spec) * Float32Array.BYTES_PER_ELEMENT;
  const maxSamples = Math.min(LIMITS.batch, Math.max(1, Math.floor(LIMITS.bodyBytes / sampleBytes)));
  return { ...describeSamples(info), maxSamples };
}

/** Reads CSV. The columns of the model are found by name. */
function readRows(body: Uint8Array<ArrayBuffer>, info: ModelInfo): Float32Array {
  const { spec, scaling } = info;
  const text = decodeText(body, 'body');
  const { tableColumns: columns, maxSamples } = describeRequest(info);
  const { inputs } = csvSamples(text, { name: 'body', inputs: inputSize(spec), columns, maxSamples });
  return scaling.kind === 'bytes' ? inputs.map(byteValue) : scaleInputs(inputs, scaling);
}

/** One byte per input for models of pixels; little-endian float32 for others. */
function readRawSamples(body: Uint8Array<ArrayBuffer>, network: Network): Inputs {
  const { spec, scaling } = network.info;
  const pixels = scaling.kind === 'bytes';
  const sampleBytes = inputSize(spec) * (pixels ? 1 : Float32Array.BYTES_PER_ELEMENT);
  if (body.length % sampleBytes !== 0) {
    throw badRequest(`body: expected a multiple of ${sampleBytes} bytes, one sample each, got ${body.length}`);
  }
  if (pixels) return checkBatch(body, network);
  return scaleInputs(checkBatch(new Float32Array(body.buffer), network), scaling);
}

function readPicture({ image, mediaType }: Content & { kind: 'image' }, { info }: Network): Uint8Array {
  if (!takesPictures(info) || info.scaling.kind !== 'bytes') {
    throw new HttpError(415, `${mediaType}: expected numbers, because the model takes no images, got an image`);
  }
  return pictureInputs(image, info, 'picture');
}

/** Throws 413 for more samples or probabilities than a request may have. */
export function checkBatch<Samples extends Inputs>(samples: Samples, { info: { spec } }: Network): Samples {
  const batch = samples.length / inputSize(spec);
  if (batch > LIMITS.batch) {
    const most = formatNumber(LIMITS.batch);
    throw new HttpError(413, `batch: expected at most ${most} samples, got ${formatNumber(batch)}`);
  }
  const outputs = outputSize(spec);
  if (batch * outputs > LIMITS.probabilities) {
    const most = formatNumber(Math.floor(LIMITS.probabilities / outputs));
    const model = `a model with ${formatNumber(outputs)} ${spec.task === 'regression' ? 'targets' : 'classes'}`;
    throw new HttpError(413, `batch: expected at most ${most} samples for ${model}, got ${formatNumber(batch)}`);
  }
  return samples;
}

/** The values of a regression, `[samples][targets]`, in the units of its training data. Throws `not-finite`. */
export function predictTargets({ mlp, info: { targets = [] } }: Network, samples: Inputs): Float64Array {
  return unscaleTargets(mlp.predictValues(samples), targets);
}

/** The values of each sample by target. Throws `not-finite`. */
function predictValues(network: Network, samples: Inputs): ValuePrediction[] {
  const { targets = [] } = network.info;
  const values = predictTargets(network, samples);
  return Array.from({ length: values.length / targets.length }, (_, n) => ({
    values: nameTargets(values, targets, n),
  }));
}

/** Classes or values, by the task of the network. Throws `not-finite`. */
export function answer(network: Network, samples: Inputs): Prediction[] | ValuePrediction[] {
  return network.info.targets === undefined ? predict(network, samples) : predictValues(network, samples);
}

/** Throws `not-finite` for inputs that overflow inside the network. */
function predict({ mlp, info }: Network, samples: Inputs): Prediction[] {
  const classes = classCount(info.spec);
  // Ten numbered classes are digits. Two unnamed classes are also called 0 and 1, but mean something else.
  const digits = info.classes.length === 10 && info.classes.every((name, label) => name === String(label));
  const buildPrediction = (label: number, row: Float32Array): Prediction => {
    const probabilities = copyNumbers(row);
    return {
      label,
      class: info.classes[label] ?? String(label),
      ...(digits ? { digit: label } : {}),
      confidence: probabilities[label] ?? 0,
      probabilities,
      ...describeRecognition(info, probabilities),
    };
  };
  if (samples.length === inputSize(info.spec)) {
    const { label, probabilities } = mlp.predict(samples);
    return [buildPrediction(label, probabilities)];
  }
  const { labels, probabilities } = mlp.predictBatch(samples);
  return Array.from(labels, (label, n) =>
    buildPrediction(label, probabilities.subarray(n * classes, (n + 1) * classes)),
  );
}

function describeRecognition(info: ModelInfo, probabilities: readonly number[]) {
  if (info.recognition === undefined) return {};
  return {
    recognized: isRecognized(info, probabilities),
    score: recognitionScore(probabilities, info.recognition.score),
  };
}

/** With a loop, as Array.from would call an iterator for every number. */
function copyNumbers(row: Float32Array): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < row.length; i++) numbers.push(row[i] ?? 0);
  return numbers;
}

export function countMultiplyAdds({ info: { spec } }: Network, samples: Inputs): number {
  return (samples.length / inputSize(spec)) * multiplyAdds(spec.layers);
}
