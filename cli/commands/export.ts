import { basename, extname } from 'node:path';
import { type Command, Option } from 'commander';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { formatCHeader } from '../../src/format/c-header.ts';
import { formatJson } from '../../src/format/json.ts';
import { formatModel, type ModelFile } from '../../src/format/model-file.ts';
import { addDataOptions } from '../data/options.ts';
import { checkExtension, checkOutputs, writeWhole } from '../files.ts';
import { readModel } from '../model.ts';
import { percent } from '../numbers.ts';
import { bytesText, note, print, printJson } from '../terminal.ts';
import {
  describeComparison,
  describeScoreLoss,
  type QuantizeOptions,
  quantizeAndMeasure,
  summarizeComparison,
} from './export-int8.ts';

const FORMATS = ['safetensors', 'onnx', 'json', 'c'] as const;
type Format = (typeof FORMATS)[number];

const EXTENSIONS: Readonly<Record<string, Format>> = {
  '.safetensors': 'safetensors',
  '.onnx': 'onnx',
  '.json': 'json',
  '.h': 'c',
};

interface ExportOptions extends QuantizeOptions {
  readonly out: string;
  readonly to?: Format;
  readonly quantize?: 'int8';
  readonly json?: boolean;
}

const EXAMPLES = `
Formats:
  onnx           Gemm, activations and Softmax, or values of a regression; opset 13, any batch size: for ONNX runtimes
  json           metadata and weights as nested lists: for programs without a library
  c              C99 header with the weights and a predict function: for microcontrollers
  safetensors    the format of edge-mlp; with --quantize int8 a quarter of the size

int8 weights have one scale for each output of a layer; biases stay float32. A quantized model can predict, here and in the
service, but cannot be trained further. The change of accuracy is measured on the test samples of the model's training data,
or on --data. ONNX and JSON files contain the dequantized float32 weights.

Examples:
  $ edge-mlp export model.safetensors --out model.onnx
  $ edge-mlp export model.safetensors --quantize int8 --out digits.h
  $ edge-mlp export model.safetensors --quantize int8 --out model.int8.safetensors
  $ edge-mlp export flowers.safetensors --quantize int8 --out small.safetensors --data more-flowers.csv`;

export function addExportCommand(program: Command): void {
  const to = 'format of the new file (default: by its extension, .onnx, .json, .h or .safetensors)';
  const command = program
    .command('export')
    .description('convert a model to ONNX, JSON, a C header or int8 weights')
    .argument('<model>', 'model file')
    .requiredOption('--out <file>', 'file to write')
    .addOption(new Option('--to <format>', to).choices(FORMATS))
    .addOption(new Option('--quantize <type>', 'type of the new weights').choices(['int8']));
  addDataOptions(command, "the model's training data")
    .option('--no-measure', 'with --quantize: do not measure the change of accuracy; needs no data')
    .option('--json', 'print one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(runExport);
}

async function runExport(path: string, options: ExportOptions): Promise<void> {
  const { out, quantize } = options;
  await checkOutputs({ out }, { model: path, data: options.data });
  const format = chooseFormat(options);
  const model = await readModel(path);
  if (quantize === undefined && format === 'safetensors') {
    const message = 'export to safetensors needs --quantize int8: the file would not change otherwise';
    throw new EdgeMlpError('bad-argument', message);
  }
  const quantized = quantize === undefined ? undefined : await quantizeAndMeasure(model, path, options);
  const bytes = await formatAs(format, quantized?.model ?? model, out);
  await writeWhole(out, bytes);
  const before = formatModel({ info: model.info, parameters: model.parameters }).length;
  if (options.json) {
    const comparison = quantized === undefined ? {} : { quantize, ...summarizeComparison(quantized.comparison) };
    return printJson({ file: out, form: format, bytes: bytes.length, bytesBefore: before, ...comparison });
  }
  print(`model     ${out}`);
  print(`size      ${bytesText(bytes.length)}, ${percent(bytes.length / before)} of ${bytesText(before)}`);
  if (quantized === undefined) return;
  for (const line of describeComparison(quantized.comparison)) print(line);
  const warning = describeScoreLoss(quantized.comparison);
  if (warning !== undefined) note('', warning);
}

function chooseFormat({ out, to }: ExportOptions): Format {
  const extensions = Object.keys(EXTENSIONS);
  const extension = extensions.find((name) => EXTENSIONS[name] === to) ?? extname(out).toLowerCase();
  checkExtension('--out', out, extension);
  const format = EXTENSIONS[extension];
  if (format !== undefined) return format;
  throw new EdgeMlpError(
    'bad-argument',
    `--out: expected a file name ending in ${extensions.join(', ')}, or --to, got ${out}`,
  );
}

async function formatAs(format: Format, model: ModelFile, out: string): Promise<Uint8Array> {
  switch (format) {
    case 'safetensors':
      return formatModel(model);
    case 'json':
      return new TextEncoder().encode(formatJson(model));
    case 'c':
      return new TextEncoder().encode(formatCHeader(model, toCName(out)));
    case 'onnx': {
      // Imported here because no other command needs the module.
      const { formatOnnx } = await import('../../src/format/onnx/index.ts');
      return formatOnnx(model);
    }
  }
}

function toCName(out: string): string {
  const name = basename(out, extname(out)).replace(/[^a-z0-9_]/gi, '_');
  return /^[a-z_]/i.test(name) ? name : `_${name}`;
}
