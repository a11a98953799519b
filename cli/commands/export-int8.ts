/** `export --quantize int8`: quantization, and its effect on accuracy. */
import { EdgeMlpError } from '../../src/core/errors.ts';
import { type AnyEvaluation, measure, pickMeasures, readScore } from '../../src/core/measures.ts';
import { createMlp, type ModelFile, quantizeModel } from '../../src/format/model-file.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { type EvaluationData, loadForModel } from '../data/model-data.ts';
import type { ReadOptions } from '../data/source.ts';
import { pickTableFlags } from '../data/table-options.ts';
import { integer, percent, scoreText } from '../numbers.ts';
import { describePart } from './evaluate.ts';

/** Options that are not given come from the model. */
export interface QuantizeOptions extends ReadOptions {
  readonly data?: string;
  /** False with --no-measure. */
  readonly measure: boolean;
}

/** A greater loss of accuracy, or of R², prints a warning. */
const MAX_SCORE_LOSS = 0.001;

interface Comparison extends EvaluationData {
  readonly before: AnyEvaluation;
  readonly after: AnyEvaluation;
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
  const measureFile = (file: ModelFile) => {
    using mlp = createMlp(kernels, file);
    return measure(mlp, evaluation.dataset);
  };
  return { ...evaluation, before: measureFile(model), after: measureFile(quantized) };
}

/** A model file records only results on the test samples of its training data. */
function recordTest(model: ModelFile, { after, part }: Comparison, { data }: QuantizeOptions): ModelFile {
  const { info, parameters, quantized } = model;
  const { provenance } = info;
  if (provenance === undefined || quantized === undefined || part !== 'test') return model;
  if (data !== undefined && data !== provenance.dataset.name) return model;
  return { info: { ...info, provenance: { ...provenance, test: pickMeasures(after) } }, parameters, quantized };
}

function scoreLoss({ before, after }: Comparison): number {
  return readScore(before) - readScore(after);
}

/** Part of the output of `export --json`. */
export function summarizeComparison(comparison: Comparison | undefined): object {
  if (comparison === undefined) return { measured: null };
  const { dataset, part, before, after } = comparison;
  const metrics = (evaluation: AnyEvaluation) => {
    const { samples: _, ...measures } = pickMeasures(evaluation);
    return measures;
  };
  return {
    measured: {
      data: dataset.name,
      part,
      samples: before.samples,
      before: metrics(before),
      after: metrics(after),
      ['accuracy' in before ? 'accuracyLost' : 'r2Lost']: scoreLoss(comparison),
    },
  };
}

export function describeComparison(comparison: Comparison | undefined): string[] {
  if (comparison === undefined) return ['accuracy  not measured'];
  const { dataset, before, after } = comparison;
  const data = `data      ${dataset.name}, ${describePart(comparison)}, ${integer(before.samples)}`;
  const losses = `${after.loss.toFixed(5)}${'accuracy' in after ? ' nats' : ''}, before ${before.loss.toFixed(5)}`;
  if (!('accuracy' in before && 'accuracy' in after)) {
    return [`measures  ${scoreText(after)}`, `before    ${scoreText(before)}`, `loss      ${losses}`, data];
  }
  const points = (-100 * scoreLoss(comparison)).toFixed(2);
  const change = after.accuracy > before.accuracy ? `+${points}` : points;
  return [
    `accuracy  ${percent(after.accuracy)}, before ${percent(before.accuracy)} (${change} percentage points)`,
    `loss      ${losses}`,
    data,
  ];
}

/** A warning, or undefined if the score was not measured or fell only a little. */
export function describeScoreLoss(comparison: Comparison | undefined): string | undefined {
  if (comparison === undefined || scoreLoss(comparison) <= MAX_SCORE_LOSS) return undefined;
  const [fallen, limit] = [scoreLoss(comparison), MAX_SCORE_LOSS];
  if (!('accuracy' in comparison.before)) return `warning: R² fell by ${fallen.toFixed(4)} (limit ${limit})`;
  const points = (share: number) => (100 * share).toFixed(2);
  return `warning: accuracy fell by ${points(fallen)} percentage points (limit ${points(limit)})`;
}
