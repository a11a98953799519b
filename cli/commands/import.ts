import type { Command } from 'commander';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { formatActivation, parameterCount } from '../../src/core/spec.ts';
import {
  checkOnnxDescription,
  type Description,
  type DescriptionTexts,
  describeModel,
  parseDescription,
  readTask,
} from '../../src/format/description.ts';
import { type DescribedModel, parseDescribed } from '../../src/format/load-model.ts';
import { formatModel } from '../../src/format/model-file.ts';
import { isSafetensors } from '../../src/format/safetensors.ts';
import { checkExtension, checkOutputs, readBytes, writeWhole } from '../files.ts';
import { weightsSha256 } from '../hash.ts';
import { integer } from '../numbers.ts';
import { readExternalData } from '../onnx-file.ts';
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

In a safetensors file of another program, such as PyTorch's state_dict, weights (out, in) and biases (out) may have any
names. Their sizes give the layers; --activation gives the activation of the hidden layers. float16 and bfloat16 become
float32 exactly, float64 is rounded to nearest even.

Examples:
  $ edge-mlp import mlp.onnx --out mlp.safetensors
  $ edge-mlp import state_dict.safetensors --activation relu --out mlp.safetensors
  $ edge-mlp import digits.onnx --image 28x28 --out digits.safetensors
  $ edge-mlp import digits.onnx --image 28x28 --mean 0.1307 --std 0.3081 --out digits.safetensors
  $ edge-mlp import prices.onnx --task regression --targets price --out prices.safetensors
  $ edge-mlp import iris.onnx --classes setosa,versicolor,virginica --out iris.safetensors`;

export function addImportCommand(program: Command): void {
  addDescriptionOptions(
    program
      .command('import')
      .description('convert an ONNX file, or a PyTorch state_dict in safetensors, to a model file')
      .argument('<file>', 'ONNX file, or safetensors file of another program')
      .requiredOption('--out <file>', 'model file to write'),
  )
    .option('--json', 'print one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(runImport);
}

async function runImport(path: string, options: ImportOptions): Promise<void> {
  const { out, json } = options;
  const description = parseDescription(options);
  await checkOutputs({ out }, { model: path });
  checkExtension('--out', out, '.safetensors');
  const { model, converted } = await readForeign(path, description);
  const { info, parameters } = model;
  await writeWhole(out, formatModel(model));
  const { spec, classes, targets, scaling, imageShape } = info;
  const size = parameterCount(spec.layers);
  if (json) {
    const sha256 = weightsSha256(parameters);
    return printJson({
      file: out,
      ...spec,
      parameters: size,
      weightsSha256: sha256,
      classes,
      targets,
      scaling,
      imageShape,
    });
  }
  const pictures = imageShape === undefined ? '' : `images of ${imageShape.join(' × ')}, `;
  print(`network   ${spec.layers.join('-')} ${formatActivation(spec.hiddenActivation)}, ${integer(size)} parameters`);
  if (targets === undefined) print(`classes   ${classes.join(', ')}`);
  else print(`targets   ${targets.map(({ name }) => name).join(', ')}`);
  print(`inputs    ${pictures}${SCALING_TEXTS[scaling.kind]}`);
  if (converted.length > 0) print(`weights   ${converted.map((type) => CONVERSIONS[type]).join('; ')}`);
  print(`model     ${out}`);
}

/** Reads an ONNX file or safetensors of another program. */
async function readForeign(path: string, description: Description): Promise<Omit<DescribedModel, 'own'>> {
  const bytes = await readBytes(path);
  if (isSafetensors(bytes)) {
    const described = parseDescribed(bytes, path, description);
    if (!described.own) return described;
    throw new EdgeMlpError('bad-model', `${path}: expected a file of another program, got a model file of edge-mlp`);
  }
  checkOnnxDescription(description);
  const { parseOnnx } = await import('../../src/format/onnx/index.ts');
  const externalData = await readExternalData(bytes, path);
  const model = parseOnnx(bytes, path, { externalData, task: readTask(description) });
  return { model: describeModel(model, description), converted: [] };
}

/** How element types become float32. */
const CONVERSIONS: Readonly<Record<string, string>> = {
  F16: 'float16, converted to float32 exactly',
  BF16: 'bfloat16, converted to float32 exactly',
  F64: 'float64, rounded to the nearest float32, ties to even',
};

const SCALING_TEXTS = {
  bytes: 'bytes, divided by 255',
  identity: 'numbers, not scaled',
  standard: 'standardised features',
} as const;
