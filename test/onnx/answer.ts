/**
 * Answers of imported ONNX files: one JSON object a line on stdin with `file` and `rows` (numbers as the graph takes
 * them), one on stdout with `probabilities`, or `values` of a regression, or `refused`.
 */
import { createInterface } from 'node:readline';
import { readOnnxFile } from '../../cli/onnx-file.ts';
import { unscaleTargets } from '../../src/core/targets.ts';
import { scaleInputs } from '../../src/data/scaling.ts';
import { createMlp } from '../../src/format/model-file.ts';
import { parseOnnx } from '../../src/format/onnx/index.ts';
import { loadBuild } from '../support/kernels.ts';

const kernels = await loadBuild('release');

interface Question {
  readonly file: string;
  readonly rows: readonly (readonly number[])[];
  readonly task?: 'regression';
}

async function answer({ file, rows, task }: Question) {
  try {
    const { bytes, externalData } = await readOnnxFile(file);
    const model = parseOnnx(bytes, 'm', { externalData, task });
    if (rows.length === 0) return { spec: model.info.spec };
    using mlp = createMlp(kernels, model);
    const isPicture = model.info.scaling.kind === 'bytes';
    const inputs = Float32Array.from(rows.flat(), (value) => (isPicture ? value / 255 : value));
    const scaled = scaleInputs(inputs, model.info.scaling);
    if (task === 'regression')
      return { values: [...unscaleTargets(mlp.predictValues(scaled), model.info.targets ?? [])] };
    const { probabilities } = mlp.predictBatch(scaled);
    return { probabilities: [...probabilities], spec: model.info.spec, classes: model.info.classes };
  } catch (error) {
    return { refused: (error as Error).message, code: (error as { code?: string }).code };
  }
}

for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await answer(JSON.parse(line))));
