/** ONNX files of the command, with the files next to them that have their tensors. */
import { realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { EdgeMlpError } from '../src/core/errors.ts';
import { exists, readBytes } from './files.ts';

export interface OnnxFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly externalData: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

/** Reads a file and its external data. Throws EdgeMlpError "file", or "bad-model" for data outside of its folder. */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  const bytes = await readBytes(path);
  return { bytes, externalData: await readExternalData(bytes, path) };
}

/** The external data of the file at `path`, by name. Throws as `readOnnxFile`. */
export async function readExternalData(bytes: Uint8Array, path: string): Promise<OnnxFile['externalData']> {
  const { listExternalFiles } = await import('../src/format/onnx/index.ts');
  const names = listExternalFiles(bytes, path);
  const files = await Promise.all(names.map(async (name) => [name, await readBeside(path, name)] as const));
  return Object.fromEntries(files);
}

async function readBeside(path: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = join(dirname(path), name);
  if (!(await exists(file))) {
    throw new EdgeMlpError('file', `${path}: expected its weights in ${file}, got no such file: copy both files`);
  }
  // A symbolic link could lead to any file.
  const folder = await realpath(dirname(path));
  if ((await realpath(file)).startsWith(folder + sep)) return readBytes(file);
  throw new EdgeMlpError('bad-model', `${path}: expected its weights in the folder ${folder}, got a link out of it`);
}
