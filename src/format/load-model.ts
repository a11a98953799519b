/** Networks from the bytes of model files: our own, and safetensors of other programs with a description. */
import { checkOptions } from '../core/arguments.ts';
import { EdgeMlpError } from '../core/errors.ts';
import type { Kernels } from '../core/kernels.ts';
import type { Mlp } from '../core/mlp.ts';
import { DESCRIPTION_NAMES, type Description, describeModel } from './description.ts';
import { omitUndefined } from './fields.ts';
import { createMlp, isModelFile, type ModelFile, readModelFile, withFileName } from './model-file.ts';
import { parseSafetensors } from './safetensors.ts';
import { readStateDict } from './state-dict.ts';

/** Options of `loadModel`. A description is for files of other programs, such as PyTorch's state_dict. */
export interface LoadOptions extends Description {
  /** Appears in error messages. Default: model. */
  readonly name?: string;
}

/**
 * Reads a network from the bytes of a model file, or of a safetensors file of another program: weights (out, in) and
 * biases (out) under any names, in float32, float16, bfloat16 or float64. Throws EdgeMlpError "bad-model",
 * "bad-argument", "not-finite" or "out-of-memory".
 *
 * @example
 * ```ts
 * import { loadKernels, loadModel, Mlp, saveModel } from 'edge-mlp';
 *
 * const kernels = await loadKernels();
 * using mlp = Mlp.create(kernels, { layers: [2, 3, 2], seed: 1 });
 * const bytes = saveModel(mlp, { classes: ['no', 'yes'] });
 * using again = loadModel(kernels, bytes);
 * console.log(again.predict(Float32Array.of(1, 2)).label === mlp.predict(Float32Array.of(1, 2)).label); // true
 * ```
 */
export function loadModel(kernels: Kernels, bytes: Uint8Array, options: LoadOptions = {}): Mlp {
  checkOptions('loadModel', options, ['name', ...DESCRIPTION_NAMES]);
  const { name = 'model', ...description } = options;
  return createMlp(kernels, parseDescribed(bytes, name, description).model);
}

export interface DescribedModel {
  readonly model: ModelFile;
  /** Whether the bytes are a model file, which describes itself. */
  readonly own: boolean;
  /** Element types that were converted to float32. */
  readonly converted: readonly string[];
}

/**
 * Reads a model file, or a safetensors file of another program with its description. Throws EdgeMlpError "bad-model",
 * "bad-argument" or "not-finite".
 */
export function parseDescribed(bytes: Uint8Array, name: string, description: Description): DescribedModel {
  const file = parseSafetensors(bytes, name);
  const converted = [...new Set([...file.tensors.values()].flatMap((tensor) => tensor.converted ?? []))];
  if (!isModelFile(file)) {
    const read = () => describeModel(readStateDict(file.tensors, description), description);
    return { model: withFileName(name, read, ['not-finite', 'bad-argument']), own: false, converted };
  }
  const [option] = Object.keys(omitUndefined(description));
  if (option === undefined) return { model: readModelFile(file, name), own: true, converted };
  const message = `${option}: expected no description, as ${name} is a model file, which describes itself`;
  throw new EdgeMlpError('bad-argument', message);
}
