import { basename, extname } from 'node:path';
import { type Command, Option } from 'commander';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { formatCHeader } from '../../src/format/c-header.ts';
import { formatJson } from '../../src/format/json.ts';
import { formatModel, type ModelFile } from '../../src/format/model-file.ts';
import { writeWhole } from '../files.ts';
import { readModel } from '../model.ts';
import { checkOutputs } from '../outputs.ts';
import {
  describe,
  type Quantized,
  type QuantizeOptions,
  quantizeAndMeasure,
  summarizeComparison,
  warning,
} from '../quantize.ts';
import { percent } from '../report/numbers.ts';
import { addDataOptions } from '../shared-options.ts';
import { bytesText, note, print, printJson } from '../terminal.ts';

const FORMS = ['safetensors', 'onnx', 'json', 'c'] as const;
type Form = (typeof FORMS)[number];

/** What a file's ending says it is to be. */
const ENDINGS: Readonly<Record<string, Form>> = {
  '.safetensors': 'safetensors',
  '.onnx': 'onnx',
  '.json': 'json',
  '.h': 'c',
};

interface ExportOptions extends QuantizeOptions {
  readonly out: string;
  readonly to?: Form;
  readonly quantize?: 'int8';
  readonly json?: boolean;
}

const EXAMPLES = `
Forms:
  onnx           Gemm, the activation, Softmax, opset 13, any number of samples at a time: for ONNX Runtime and its kin
  json           the description and the numbers as nested lists: for readers without any library
  c              a header with the numbers and a function that predicts, C99: for microcontrollers
  safetensors    as edge-mlp reads it; with --quantize int8 in a quarter of the size

Examples:
  $ edge-mlp export model.safetensors --out model.onnx
  $ edge-mlp export model.safetensors --quantize int8 --out digits.h
  $ edge-mlp export model.safetensors --quantize int8 --out model.int8.safetensors
  $ edge-mlp export flowers.safetensors --quantize int8 --out small.safetensors --data more-flowers.csv

int8 weights have a scale for each output of a layer, and biases stay float32. Such a model predicts, here and on a service; it
cannot be trained any further. What it lost is measured on the test samples of the data that it was trained on, or on --data.
ONNX and JSON have no int8 of ours: there they become the float32 weights that they stand for.`;

export function addExportCommand(program: Command): void {
  const command = program
    .command('export')
    .description('write a model in another form: ONNX, JSON, a C header, int8 weights')
    .argument('<model>', 'model file')
    .requiredOption('--out <file>', 'where the new file goes')
    .addOption(
      new Option('--to <form>', "default: by the file's ending, .onnx, .json, .h or .safetensors").choices(FORMS),
    )
    .addOption(new Option('--quantize <type>', 'what the weights become').choices(['int8']));
  addDataOptions(command, "the model's own")
    .option('--no-measure', 'with --quantize: do not measure what was lost, so that no data are needed')
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(runExport);
}

async function runExport(path: string, options: ExportOptions): Promise<void> {
  const { out, quantize } = options;
  const form = chooseForm(options);
  await checkOutputs({ out }, { model: path, data: options.data });
  const model = await readModel(path);
  if (quantize === undefined && form === 'safetensors') {
    throw new EdgeMlpError('bad-argument', '--quantize: expected int8, got nothing: the file would be as it was');
  }
  const quantized = quantize === undefined ? undefined : await quantizeAndMeasure(model, path, options);
  const bytes = await formatAs(form, quantized?.model ?? model, out);
  await writeWhole(out, bytes);
  const before = formatModel({ info: model.info, parameters: model.parameters }).length;
  if (options.json) {
    const lost = quantized === undefined ? {} : { quantize, ...summarizeComparison(quantized.comparison) };
    return printJson({ file: out, form, bytes: bytes.length, bytesBefore: before, ...lost });
  }
  printExport(out, { bytes: bytes.length, before }, quantized);
}

function chooseForm({ out, to }: ExportOptions): Form {
  const form = to ?? ENDINGS[extname(out).toLowerCase()];
  if (form !== undefined) return form;
  throw new EdgeMlpError(
    'bad-argument',
    `--to: expected one of ${FORMS.join(', ')}, as ${out} has no ending that says it`,
  );
}

async function formatAs(form: Form, model: ModelFile, out: string): Promise<Uint8Array> {
  if (form === 'safetensors') return formatModel(model);
  if (form === 'json') return new TextEncoder().encode(formatJson(model));
  if (form === 'c') return new TextEncoder().encode(formatCHeader(model, cName(out)));
  // Loaded where it is needed: no other command has a use for it.
  const { formatOnnx } = await import('../../src/format/onnx/index.ts');
  return formatOnnx(model);
}

/** A file's name as one of C. */
function cName(out: string): string {
  const name = basename(out, extname(out)).replace(/[^a-z0-9_]/gi, '_');
  return /^[a-z_]/i.test(name) ? name : `_${name}`;
}

function printExport(out: string, sizes: { bytes: number; before: number }, quantized: Quantized | undefined): void {
  const { bytes, before } = sizes;
  print(`model     ${out}`);
  print(`size      ${bytesText(bytes)}, ${percent(bytes / before)} of ${bytesText(before)}`);
  if (quantized === undefined) return;
  for (const line of describe(quantized.comparison)) print(line);
  const said = warning(quantized.comparison);
  if (said !== undefined) note(`\n${said}`);
}
