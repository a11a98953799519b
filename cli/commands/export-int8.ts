/** `export --quantize int8`: quantization, and its effect on accuracy. */
import { EdgeMlpError } from '../../src/core/errors.ts';
import { type Evaluation, evaluate } from '../../src/core/evaluate.ts';
import { createMlp, type ModelFile, quantizeModel } from '../../src/format/model-file.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { type EvaluationData, loadForModel } from '../data/model-data.ts';
import type { ReadOptions } from '../data/source.ts';
import { pickTableFlags } from '../data/table-options.ts';
import { integer, percent } from '../numbers.ts';
import { describePart } from './evaluate.ts';

/** Options that are not given come from the model. */
export interface QuantizeOptions extends ReadOptions {
  readonly data?: string;
  /** False with --no-measure. */
  readonly measure: boolean;
}

/** A greater loss of accuracy prints a warning. */
const MAX_ACCURACY_LOSS = 0.001;

interface Comparison extends EvaluationData {
  readonly before: Evaluation;
  readonly after: Evaluation;
}

/**
 * There is no comparison with --no-measure. Throws EdgeMlpError "bad-argument" for a quantized model, and the errors of
 * `loadForModel`.
 */
export async function quantizeAndMeasure(
  model: ModelFile,
  path: string,
  options: QuantizeOptions,
): Promise<{ readonly model: ModelFile; readonly comparison: Comparison | undefined }> {
  if (model.quantized !== undefined) {
    const message = `${path}: expected float32 weights, got int8: the model is already quantized`;
    throw new EdgeMlpError('bad-argument', message);
  }
  const quantized = quantizeModel(model);
  if (!options.measure) return { model: quantized, comparison: undefined };
  const comparison = await compare(model, quantized, options);
  return { model: recordTest(quantized, comparison, options), comparison };
}

async function compare(model: ModelFile, quantized: ModelFile, options: QuantizeOptions): Promise<Comparison> {
  const { data, dataDir, pictures } = options;
  const evaluation = await loadForModel(model.info, { data, dataDir, ...pickTableFlags(options), pictures });
  const kernels = await loadKernels();
  const measure = (file: ModelFile) => {
    using mlp = createMlp(kernels, file);
    return evaluate(mlp, evaluation.dataset);
  };
  return { ...evaluation, before: measure(model), after: measure(quantized) };
}

/** A model file records only results on the test samples of its training data. */
function recordTest(model: ModelFile, { after, part }: Comparison, { data }: QuantizeOptions): ModelFile {
  const { info, parameters, quantized } = model;
  const { provenance } = info;
  if (provenance === undefined || quantized === undefined || part !== 'test') return model;
  if (data !== undefined && data !== provenance.dataset.name) return model;
  const { samples, loss, accuracy } = after;
  return { info: { ...info, provenance: { ...provenance, test: { samples, loss, accuracy } } }, parameters, quantized };
}

function accuracyLoss({ before, after }: Comparison): number {
  return before.accuracy - after.accuracy;
}

/** Part of the output of `export --json`. */
export function summarizeComparison(comparison: Comparison | undefined): object {
  if (comparison === undefined) return { measured: null };
  const { dataset, part, before, after } = comparison;
  const metrics = ({ loss, accuracy }: Evaluation) => ({ loss, accuracy });
  return {
    measured: {
      data: dataset.name,
      part,
      samples: before.samples,
      before: metrics(before),
      after: metrics(after),
      accuracyLost: accuracyLoss(comparison),
    },
  };
}

export function describeComparison(comparison: Comparison | undefined): string[] {
  if (comparison === undefined) return ['accuracy  not measured'];
  const { dataset, before, after } = comparison;
  const points = (-100 * accuracyLoss(comparison)).toFixed(2);
  const change = after.accuracy > before.accuracy ? `+${points}` : points;
  return [
    `accuracy  ${percent(after.accuracy)}, before ${percent(before.accuracy)} (${change} percentage points)`,
    `loss      ${after.loss.toFixed(5)} nats, before ${before.loss.toFixed(5)}`,
    `data      ${dataset.name}, ${describePart(comparison)}, ${integer(before.samples)}`,
  ];
}

/** A warning, or undefined if accuracy was not measured or fell only a little. */
export function describeAccuracyLoss(comparison: Comparison | undefined): string | undefined {
  if (comparison === undefined || accuracyLoss(comparison) <= MAX_ACCURACY_LOSS) return undefined;
  const points = (share: number) => (100 * share).toFixed(2);
  return `warning: accuracy fell by ${points(accuracyLoss(comparison))} percentage points (limit ${points(MAX_ACCURACY_LOSS)})`;
}
