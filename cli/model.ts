/** Model files as the commands read and write them. */
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';
import type { Mlp } from '../src/core/mlp.ts';
import { createMlp, formatModel, type ModelFile, parseModel } from '../src/format/model-file.ts';
import { loadKernels } from '../src/runtime/node.ts';
import { readBytes, writeWhole } from './files.ts';

/** The version in package.json, recorded in model files and reports. */
export const VERSION: string = createRequire(import.meta.url)('edge-mlp/package.json').version;

export async function readModel(path: string): Promise<ModelFile> {
  return parseModel(await readBytes(path), path);
}

export async function openModel(path: string): Promise<{ model: ModelFile; mlp: Mlp }> {
  const model = await readModel(path);
  return { model, mlp: createMlp(await loadKernels(), model) };
}

export async function writeModel(path: string, model: ModelFile): Promise<void> {
  await writeWhole(path, formatModel(model));
}

/**
 * Writes the result of a long training. If writing fails, for example because the disk is full, the model goes into the
 * system's temporary folder and the error names that file.
 */
export async function saveTrainedModel(path: string, model: ModelFile): Promise<void> {
  try {
    await writeModel(path, model);
  } catch (error) {
    const fallback = join(tmpdir(), `edge-mlp-${randomUUID()}-${basename(path)}`);
    const saved = await writeModel(fallback, model).then(
      () => true,
      () => false,
    );
    if (!saved) throw error;
    throw new EdgeMlpError('file', `${errorMessage(error)}; the model was written to ${fallback}`, { cause: error });
  }
}
