/** Model files as the commands read and write them. */
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { EdgeMlpError } from '../src/core/errors.ts';
import type { Mlp } from '../src/core/mlp.ts';
import { createMlp, formatModel, type ModelFile, parseModel } from '../src/format/model-file.ts';
import { loadKernels } from '../src/runtime/node.ts';
import { cacheFolder, readBytes, writeWhole } from './files.ts';

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

interface SavedModel {
  readonly path: string;
  /** Why the file is not where it should be. */
  readonly trouble?: EdgeMlpError;
}

/**
 * Writes the result of a long training. If writing fails, for example because the disk is full, the file goes into the
 * system's temporary folder or the cache. Throws EdgeMlpError "file" if no folder takes it.
 */
export async function saveTrainedModel(path: string, model: ModelFile): Promise<SavedModel> {
  const trouble = await tryToWrite(path, model);
  if (trouble === undefined) return { path };
  for (const folder of [tmpdir(), cacheFolder()]) {
    const fallback = join(folder, `edge-mlp-${randomUUID()}-${basename(path)}`);
    if ((await tryToWrite(fallback, model)) === undefined) return { path: fallback, trouble };
  }
  throw trouble;
}

/** Returns the error of a file that cannot be written. */
export async function tryToWrite(path: string, model: ModelFile): Promise<EdgeMlpError | undefined> {
  try {
    await writeModel(path, model);
    return undefined;
  } catch (error) {
    if (error instanceof EdgeMlpError && error.code === 'file') return error;
    throw error;
  }
}
