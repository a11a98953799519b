/** Model files, as the commands use them. */

import type { Mlp } from '../core/mlp.ts';
import { formatModel, type ModelFile, mlpOf, parseModel } from '../format/model-file.ts';
import { readBytes, writeWhole } from '../node/files.ts';
import { loadKernels } from '../node/load-kernels.ts';

export async function readModel(path: string): Promise<ModelFile> {
  return parseModel(await readBytes(path), path);
}

export async function openModel(path: string): Promise<{ model: ModelFile; mlp: Mlp }> {
  const model = await readModel(path);
  return { model, mlp: mlpOf(await loadKernels(), model) };
}

export async function writeModel(path: string, model: ModelFile): Promise<void> {
  await writeWhole(path, formatModel(model));
}
