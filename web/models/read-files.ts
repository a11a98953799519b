/** Files that the user selected: the model file, and files with tensors of an ONNX file. Loaded with the first file. */
import { EdgeMlpError } from '../../src/core/errors.ts';
import { parameterCount } from '../../src/core/spec.ts';
import { type Description, describeModel, readTask } from '../../src/format/description.ts';
import { parseDescribed } from '../../src/format/load-model.ts';
import type { ModelFile } from '../../src/format/model-file.ts';
import { parseOnnx } from '../../src/format/onnx/import.ts';
import { isSafetensors } from '../../src/format/safetensors.ts';
import { formatBytes, formatCount, formatInteger } from '../format.ts';

export interface SelectedFiles {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly externalData: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
  readonly isOnnx: boolean;
  /** Whether edge-mlp wrote the file, so that it needs no description. */
  readonly describesItself: boolean;
  /** The file's name without its extension, as a name of a model. */
  readonly suggestedName: string;
}

/** Throws EdgeMlpError "bad-model" without a model file, or with two. */
export async function readFiles(files: readonly File[]): Promise<SelectedFiles> {
  const read = await Promise.all(
    files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
  const models = read.filter(({ name, bytes }) => isSafetensors(bytes) || name.endsWith('.onnx'));
  const [model] = models;
  if (model === undefined || models.length > 1) {
    const got = models.length > 1 ? formatInteger(models.length) : files.map(({ name }) => name).join(', ');
    throw new EdgeMlpError('bad-model', `expected one model file, safetensors or ONNX, got ${got}`);
  }
  const { name, bytes } = model;
  const isOnnx = !isSafetensors(bytes);
  const others = read.filter((each) => each !== model).map((each) => [each.name, each.bytes] as const);
  return {
    name,
    bytes,
    externalData: Object.fromEntries(others),
    isOnnx,
    describesItself: !isOnnx && isOwn(name, bytes),
    suggestedName: name
      .replace(/\.\w+$/, '')
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 64),
  };
}

/** The network in the files. Throws EdgeMlpError "bad-model", "bad-argument" or "not-finite". */
export function describeFiles(files: SelectedFiles, description: Description): string {
  const { info } = parse(files, description);
  const { layers } = info.spec;
  const outputs =
    info.targets?.map(({ name }) => name).join(', ') ?? formatCount(info.classes.length, 'class', 'classes');
  const weights = formatInteger(parameterCount(layers));
  return `${files.name}: ${layers.join('-')}, ${weights} weights, ${outputs}, ${formatBytes(files.bytes.length)}.`;
}

function parse(
  { name, bytes, externalData, isOnnx, describesItself }: SelectedFiles,
  description: Description,
): ModelFile {
  if (describesItself) return parseDescribed(bytes, name, {}).model;
  if (!isOnnx) return parseDescribed(bytes, name, description).model;
  return describeModel(parseOnnx(bytes, name, { externalData, task: readTask(description) }), description);
}

/** A damaged file fails again when it is described, with the reason. */
function isOwn(name: string, bytes: Uint8Array): boolean {
  try {
    return parseDescribed(bytes, name, {}).own;
  } catch (error) {
    if (error instanceof EdgeMlpError) return false;
    throw error;
  }
}
