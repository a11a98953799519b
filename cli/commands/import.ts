import type { Command } from 'commander';
import { formatActivation, parameterCount } from '../../src/core/spec.ts';
import { type DescriptionTexts, describeModel, parseDescription } from '../../src/format/description.ts';
import { formatModel } from '../../src/format/model-file.ts';
import { checkExtension, checkOutputs, writeWhole } from '../files.ts';
import { weightsSha256 } from '../hash.ts';
import { integer } from '../numbers.ts';
import { readOnnxFile } from '../onnx-file.ts';
import { addDescriptionOptions } from '../shared-options.ts';
import { print, printJson } from '../terminal.ts';

interface ImportOptions extends DescriptionTexts {
  readonly out: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Supported are multilayer perceptrons exported from PyTorch (torch.onnx.export), Keras (tf2onnx) and scikit-learn (skl2onnx):
  - layers: Gemm, MatMul and Add, or LinearClassifier
  - hidden activations: Sigmoid, Tanh, Relu, LeakyRelu, Elu, Gelu, SiLU, Softplus, also as several nodes
  - output: Softmax, logits, or one unit with Sigmoid

A scaling before the first layer is kept. Batch normalisation is folded into a layer. For other files the error names the
unsupported node.

Examples:
  $ edge-mlp import mlp.onnx --out mlp.safetensors
  $ edge-mlp import digits.onnx --image 28x28 --out digits.safetensors
  $ edge-mlp import digits.onnx --image 28x28 --mean 0.1307 --std 0.3081 --out digits.safetensors
  $ edge-mlp import iris.onnx --classes setosa,versicolor,virginica --out iris.safetensors`;

export function addImportCommand(program: Command): void {
  addDescriptionOptions(
    program
      .command('import')
      .description('convert an ONNX file to a model file')
      .argument('<file>', 'ONNX file')
      .requiredOption('--out <file>', 'model file to write'),
  )
    .option('--json', 'print one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(runImport);
}

async function runImport(path: string, options: ImportOptions): Promise<void> {
  const { parseOnnx } = await import('../../src/format/onnx/index.ts');
  const { out, json } = options;
  const description = parseDescription(options);
  await checkOutputs({ out }, { model: path });
  checkExtension('--out', out, '.safetensors');
  const { bytes, externalData } = await readOnnxFile(path);
  const model = describeModel(parseOnnx(bytes, path, { externalData }), description);
  const { info, parameters } = model;
  await writeWhole(out, formatModel(model));
  const { spec, classes, scaling, imageShape } = info;
  const size = parameterCount(spec.layers);
  if (json) {
    const sha256 = weightsSha256(parameters);
    return printJson({ file: out, ...spec, parameters: size, weightsSha256: sha256, classes, scaling, imageShape });
  }
  const pictures = imageShape === undefined ? '' : `images of ${imageShape.join(' × ')}, `;
  print(`network   ${spec.layers.join('-')} ${formatActivation(spec.hiddenActivation)}, ${integer(size)} parameters`);
  print(`classes   ${classes.join(', ')}`);
  print(`inputs    ${pictures}${SCALING_TEXTS[scaling.kind]}`);
  print(`model     ${out}`);
}

const SCALING_TEXTS = {
  bytes: 'bytes, divided by 255',
  identity: 'numbers, not scaled',
  standard: 'standardised features',
} as const;
