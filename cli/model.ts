/** Model files, as the commands use them. */

import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';
import type { Mlp } from '../src/core/mlp.ts';
import { createMlp, formatModel, type ModelFile, parseModel } from '../src/format/model-file.ts';
import { loadKernels } from '../src/runtime/node.ts';
import { readBytes, writeWhole } from './files.ts';

export async function readModel(path: string): Promise<ModelFile> {
  return parseModel(await readBytes(path), path);
}

export async function openModel(path: string): Promise<{ model: ModelFile; mlp: Mlp }> {
  const model = await readModel(path);
  return { model, mlp: createMlp(await loadKernels(), model) };
}

/**
 * Writes a model whose making took long. Where that fails, for want of space say, it is put into the system's folder for
 * temporary files, and the error names that place.
 */
export async function writeModelSomewhere(path: string, model: ModelFile): Promise<void> {
  try {
    await writeModel(path, model);
  } catch (error) {
    // Should that fail, too, the first failure is the one to be told of.
    const instead = await writeTemporary(basename(path), model).catch(() => undefined);
    if (instead === undefined) throw error;
    throw new EdgeMlpError('file', `${errorMessage(error)}; the model is in ${instead} instead`, { cause: error });
  }
}

async function writeTemporary(name: string, model: ModelFile): Promise<string> {
  const path = join(tmpdir(), `edge-mlp-${randomUUID()}-${name}`);
  await writeModel(path, model);
  return path;
}

export async function writeModel(path: string, model: ModelFile): Promise<void> {
  await writeWhole(path, formatModel(model));
}
