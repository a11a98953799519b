/** A model in memory, ready to answer. */
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { Kernels } from '../../src/core/kernels.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { createMlp, type ModelFile } from '../../src/format/model-file.ts';

export interface Network {
  readonly name: string;
  readonly version: number;
  readonly info: ModelInfo;
  readonly mlp: Mlp;
  /** Of linear memory. */
  readonly bytes: number;
}

export function createNetwork(kernels: Kernels, name: string, version: number, model: ModelFile): Network {
  const before = kernels.allocatedBytes;
  const mlp = createMlp(kernels, model);
  return { name, version, info: model.info, mlp, bytes: kernels.allocatedBytes - before };
}

/** A model that does not answer with numbers is no model: tried on one sample. Throws `bad-model`, `not-finite`. */
export function tryNetwork({ mlp, info }: Network): void {
  const [inputs = 0] = info.spec.layers;
  const sample = info.scaling.kind === 'bytes' ? new Uint8Array(inputs).fill(128) : new Float32Array(inputs);
  const { probabilities } = mlp.predict(sample);
  const sum = probabilities.reduce((total, p) => total + p, 0);
  if (!(Math.abs(sum - 1) < 1e-3)) {
    throw new EdgeMlpError('bad-model', `the model: expected probabilities that add up to 1 on a sample, got ${sum}`);
  }
}
