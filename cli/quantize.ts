/** A model with int8 weights, and what that lost. */
import type { PictureFit } from '../src/core/dataset.ts';
import { EdgeMlpError } from '../src/core/errors.ts';
import { type Evaluation, evaluate } from '../src/core/evaluate.ts';
import { createMlp, type ModelFile, quantizeModel } from '../src/format/model-file.ts';
import { loadKernels } from '../src/runtime/node.ts';
import { loadForModel, type Measured } from './data/source.ts';
import { integer, percent } from './report/numbers.ts';

/** What to measure on; what is not given is the model's own. */
export interface QuantizeOptions {
  /** False: not at all. */
  readonly measure: boolean;
  readonly data?: string;
  readonly dataDir?: string;
  readonly label?: string;
  readonly pictures?: PictureFit;
}

/** More than this lost is said aloud. */
const MOST_LOST = 0.001;

export interface Quantized {
  readonly model: ModelFile;
  readonly comparison: Comparison | undefined;
}

/** Throws `bad-argument` for what is quantized already, and what `loadForModel` throws. */
export async function quantizeAndMeasure(model: ModelFile, path: string, options: QuantizeOptions): Promise<Quantized> {
  if (model.quantized !== undefined) {
    throw new EdgeMlpError('bad-argument', `${path}: expected float32 weights, got int8: it is quantized already`);
  }
  const quantized = quantizeModel(model);
  if (!options.measure) return { model: quantized, comparison: undefined };
  const comparison = await measure(model, quantized, options);
  return { model: withTest(quantized, comparison, options), comparison };
}

export interface Comparison extends Measured {
  readonly before: Evaluation;
  readonly after: Evaluation;
}

async function measure(model: ModelFile, quantized: ModelFile, options: QuantizeOptions): Promise<Comparison> {
  const { data, dataDir, label, pictures } = options;
  const measured = await loadForModel(model.info, { data, dataDir, label, pictures });
  const kernels = await loadKernels();
  const measureFile = (file: ModelFile) => {
    using mlp = createMlp(kernels, file);
    return evaluate(mlp, measured.dataset);
  };
  return { ...measured, before: measureFile(model), after: measureFile(quantized) };
}

/** A file says what it came to on its own test samples, and on no others. */
function withTest(model: ModelFile, { after, part }: Comparison, { data }: QuantizeOptions): ModelFile {
  const { info, quantized } = model;
  const { provenance } = info;
  if (provenance === undefined || quantized === undefined || part !== 'test') return model;
  if (data !== undefined && data !== provenance.dataset.name) return model;
  const { samples, loss, accuracy } = after;
  const tested = { ...info, provenance: { ...provenance, test: { samples, loss, accuracy } } };
  return { info: tested, parameters: model.parameters, quantized };
}

function lostBy({ before, after }: Comparison): number {
  return before.accuracy - after.accuracy;
}

/** For --json. */
export function summarizeComparison(measured: Comparison | undefined): object {
  if (measured === undefined) return { measured: null };
  const { dataset, part, before, after } = measured;
  const figures = ({ loss, accuracy }: Evaluation) => ({ loss, accuracy });
  return {
    measured: {
      ...{ data: dataset.name, part, samples: before.samples },
      ...{ before: figures(before), after: figures(after), accuracyLost: lostBy(measured) },
    },
  };
}

/** For people: what is lost, and on what. */
export function describe(measured: Comparison | undefined): string[] {
  if (measured === undefined) return ['accuracy  not measured'];
  const { dataset, part, before, after } = measured;
  const whole = part === 'all' ? 'all' : `the ${part}`;
  return [
    `accuracy  ${percent(after.accuracy)}, before ${percent(before.accuracy)}: ${lostText(lostBy(measured))}`,
    `loss      ${after.loss.toFixed(5)} formatNats, before ${before.loss.toFixed(5)}`,
    `data      ${dataset.name}, ${whole} samples, ${integer(before.samples)}`,
  ];
}

/** Undefined where little was lost, or nobody knows. */
export function warning(measured: Comparison | undefined): string | undefined {
  if (measured === undefined || lostBy(measured) <= MOST_LOST) return undefined;
  return `warning: ${percent(lostBy(measured))} of accuracy lost, more than ${percent(MOST_LOST)}`;
}

function lostText(lost: number): string {
  if (lost === 0) return 'nothing lost';
  return lost > 0 ? `${(100 * lost).toFixed(2)} points lost` : `${(-100 * lost).toFixed(2)} points gained`;
}
