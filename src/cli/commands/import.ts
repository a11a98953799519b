import type { Command } from 'commander';
import { EdgeMlpError } from '../../core/errors.ts';
import { classCount, inputSize, parameterCount } from '../../core/spec.ts';
import type { ModelInfo } from '../../format/metadata.ts';
import { formatModel } from '../../format/model-file.ts';
import { readBytes, writeWhole } from '../../node/files.ts';
import { weightsSha256 } from '../../node/hash.ts';
import { integer } from '../../report/numbers.ts';
import { print, printJson } from '../terminal.ts';

interface ImportOptions {
  readonly out: string;
  readonly classes?: string;
  readonly image?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Read are multilayer perceptrons as PyTorch (torch.onnx.export), Keras (tf2onnx) and scikit-learn (skl2onnx) write them: Gemm, or MatMul
and Add; Sigmoid, Tanh or Relu between; Softmax at the end, or none, or one output with a Sigmoid. Anything else is refused by the
name of its node. A standardisation in front is kept as such.

Examples:
  $ edge-mlp import mlp.onnx --out mlp.safetensors
  $ edge-mlp import digits.onnx --image 28x28 --out digits.safetensors    its inputs are pixels, bytes divided by 255
  $ edge-mlp import iris.onnx --classes setosa,versicolor,virginica --out iris.safetensors`;

export function addImportCommand(program: Command): void {
  program
    .command('import')
    .description('make a model file of an ONNX file')
    .argument('<file>', '.onnx')
    .requiredOption('--out <file>', 'where the model goes')
    .option('--classes <names>', "names of the classes, with commas between (default: the file's, or numbers)")
    .option('--image <rows>x<columns>', "the inputs are a picture's pixels (default: what the file says)")
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(runImport);
}

async function runImport(path: string, options: ImportOptions): Promise<void> {
  const { parseOnnx } = await import('../../format/onnx/index.ts');
  const { info: found, parameters } = parseOnnx(await readBytes(path), path);
  const info = described(found, options);
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

function described(info: ModelInfo, { classes, image }: ImportOptions): ModelInfo {
  const names = classes?.split(',').map((name) => name.trim());
  const expected = classCount(info.spec);
  if (names !== undefined && (names.length !== expected || names.some((name) => name === ''))) {
    throw new EdgeMlpError('bad-argument', `--classes: expected ${expected} names, got ${JSON.stringify(names)}`);
  }
  const shape = image === undefined ? undefined : shapeOf(image, inputSize(info.spec));
  return {
    ...info,
    ...(names === undefined ? {} : { classes: names }),
    ...(shape === undefined ? {} : { imageShape: shape, scaling: { kind: 'bytes' } }),
  };
}

function shapeOf(text: string, inputs: number): [number, number] {
  const [, rows = 0, columns = 0] = (/^(\d+)x(\d+)$/.exec(text) ?? []).map(Number);
  if (rows * columns === inputs) return [rows, columns];
  throw new EdgeMlpError(
    'bad-argument',
    `--image: expected rows and columns of ${inputs} pixels, as 28x28, got ${text}`,
  );
}
