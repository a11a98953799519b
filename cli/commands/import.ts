import type { Command } from 'commander';
import { parameterCount } from '../../src/core/spec.ts';
import { type DescriptionTexts, describeModel, parseDescription } from '../../src/format/description.ts';
import { formatModel } from '../../src/format/model-file.ts';
import { readBytes, writeWhole } from '../files.ts';
import { weightsSha256 } from '../hash.ts';
import { checkOutputs } from '../outputs.ts';
import { integer } from '../report/numbers.ts';
import { addDescriptionOptions } from '../shared-options.ts';
import { print, printJson } from '../terminal.ts';

interface ImportOptions extends DescriptionTexts {
  readonly out: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Read are multilayer perceptrons as PyTorch (torch.onnx.export), Keras (tf2onnx) and scikit-learn (skl2onnx) write them: Gemm, or MatMul
and Add; Sigmoid, Tanh or Relu between; Softmax at the end, or none, or one output with a Sigmoid. Anything else is refused by the
name of its node. A standardisation in front is kept as such; batch normalisation becomes part of a layer.

Examples:
  $ edge-mlp import mlp.onnx --out mlp.safetensors
  $ edge-mlp import digits.onnx --image 28x28 --out digits.safetensors    its inputs are pixels, bytes divided by 255
  $ edge-mlp import digits.onnx --image 28x28 --mean 0.1307 --std 0.3081 --out digits.safetensors
                                                                          the same, trained behind transforms.Normalize
  $ edge-mlp import iris.onnx --classes setosa,versicolor,virginica --out iris.safetensors`;

export function addImportCommand(program: Command): void {
  addDescriptionOptions(
    program
      .command('import')
      .description('make a model file of an ONNX file')
      .argument('<file>', '.onnx')
      .requiredOption('--out <file>', 'where the model goes'),
  )
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(runImport);
}

async function runImport(path: string, options: ImportOptions): Promise<void> {
  const { parseOnnx } = await import('../../src/format/onnx/index.ts');
  const description = parseDescription(options);
  await checkOutputs({ out: options.out }, { model: path });
  const { info, parameters } = describeModel(parseOnnx(await readBytes(path), path), description);
  await writeWhole(options.out, formatModel({ info, parameters }));
  const { spec, classes, scaling, imageShape } = info;
  const size = parameterCount(spec.layers);
  if (options.json) {
    return printJson({
      file: options.out,
      ...spec,
      parameters: size,
      weightsSha256: weightsSha256(parameters),
      classes,
      scaling,
      imageShape,
    });
  }
  print(`network   ${spec.layers.join('-')} ${spec.hiddenActivation}, ${integer(size)} parameters`);
  print(`classes   ${classes.join(', ')}`);
  print(
    `inputs    ${imageShape === undefined ? '' : `pictures of ${imageShape.join(' × ')}, `}${SCALING_TEXTS[scaling.kind]}`,
  );
  print(`model     ${options.out}`);
}

const SCALING_TEXTS = {
  bytes: 'bytes divided by 255',
  identity: 'numbers as they are',
  standard: 'standardised features',
} as const;
