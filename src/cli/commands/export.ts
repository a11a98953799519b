import { type Command, Option } from 'commander';
import { EdgeMlpError } from '../../core/errors.ts';
import { type Evaluation, evaluate } from '../../core/evaluate.ts';
import { formatModel, type ModelFile, mlpOf, quantizedModel } from '../../format/model-file.ts';
import { writeWhole } from '../../node/files.ts';
import { loadKernels } from '../../node/load-kernels.ts';
import { integer, percent } from '../../report/numbers.ts';
import { loadForModel, type Measured } from '../data-source.ts';
import { readModel } from '../model.ts';
import { addDataOptions } from '../shared-options.ts';
import { bytesText, note, print, printJson } from '../terminal.ts';

interface ExportOptions {
  readonly out: string;
  readonly quantize?: 'int8';
  /** False: --no-measure. */
  readonly measure: boolean;
  readonly data?: string;
  readonly dataDir?: string;
  readonly label?: string;
  readonly json?: boolean;
}

/** More than this lost is said aloud. */
const MOST_LOST = 0.001;

const EXAMPLES = `
Examples:
  $ edge-mlp export model.safetensors --quantize int8 --out model.int8.safetensors
  $ edge-mlp export flowers.safetensors --quantize int8 --out small.safetensors --data more-flowers.csv

int8 weights have a scale for each output of a layer, and biases stay float32. Such a model predicts, here and on a service; it
cannot be trained any further. What it lost is measured on the test samples of the data that it was trained on, or on --data.`;

export function addExportCommand(program: Command): void {
  const command = program
    .command('export')
    .description('write a model in another form: with weights of one byte each')
    .argument('<model>', 'model file')
    .requiredOption('--out <file>', 'where the new file goes')
    .addOption(new Option('--quantize <type>', 'what the weights become').choices(['int8']));
  addDataOptions(command, "the model's own")
    .option('--no-measure', 'do not measure what was lost: no data are needed')
    .option('--json', 'print one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(runExport);
}

async function runExport(path: string, options: ExportOptions): Promise<void> {
  const model = await readModel(path);
  if (options.quantize === undefined) {
    throw new EdgeMlpError('bad-argument', '--quantize: expected int8, got nothing: the file would be as it was');
  }
  if (model.quantized !== undefined) {
    throw new EdgeMlpError('bad-argument', `${path}: expected float32 weights, got int8: it is quantized already`);
  }
  const quantized = quantizedModel(model);
  const measured = options.measure ? await measure(model, quantized, options) : undefined;
  const exported = measured === undefined ? quantized : withTest(quantized, measured, options);
  const bytes = formatModel(exported);
  await writeWhole(options.out, bytes);
  const sizes = { bytes: bytes.length, bytesBefore: formatModel(withoutCheckpoint(model)).length };
  if (options.json) printJson({ file: options.out, quantize: options.quantize, ...sizes, ...summaryOf(measured) });
  else printExport(options.out, sizes, measured);
  if (measured !== undefined && lostBy(measured) > MOST_LOST) {
    note(`\nwarning: ${percent(lostBy(measured))} of accuracy lost, more than ${percent(MOST_LOST)}`);
  }
}

interface Comparison extends Measured {
  readonly before: Evaluation;
  readonly after: Evaluation;
}

async function measure(model: ModelFile, quantized: ModelFile, options: ExportOptions): Promise<Comparison> {
  const { data, dataDir, label } = options;
  const measured = await loadForModel(model.info, { data, dataDir, label });
  const kernels = await loadKernels();
  const resultOf = (file: ModelFile) => {
    using mlp = mlpOf(kernels, file);
    return evaluate(mlp, measured.dataset);
  };
  return { ...measured, before: resultOf(model), after: resultOf(quantized) };
}

/** A file says what it came to on its own test samples, and on no others. */
function withTest(model: ModelFile, { after, part }: Comparison, { data }: ExportOptions): ModelFile {
  const { info, quantized } = model;
  const { provenance } = info;
  if (provenance === undefined || quantized === undefined || part !== 'test') return model;
  if (data !== undefined && data !== provenance.dataset.name) return model;
  const { samples, loss, accuracy } = after;
  const tested = { ...info, provenance: { ...provenance, test: { samples, loss, accuracy } } };
  return { info: tested, parameters: model.parameters, quantized };
}

function withoutCheckpoint({ info, parameters }: ModelFile): ModelFile {
  return { info, parameters };
}

function lostBy({ before, after }: Comparison): number {
  return before.accuracy - after.accuracy;
}

function summaryOf(measured: Comparison | undefined): object {
  if (measured === undefined) return { measured: null };
  const { dataset, part, before, after } = measured;
  const figures = ({ loss, accuracy }: Evaluation) => ({ loss, accuracy });
  return {
    measured: {
      ...{ data: dataset.name, part, samples: before.samples },
      ...{ before: figures(before), after: figures(after), accuracyLost: lostBy(measured) },
    },
  };
}

function printExport(
  out: string,
  { bytes, bytesBefore }: { bytes: number; bytesBefore: number },
  measured: Comparison | undefined,
): void {
  print(`model     ${out}`);
  print(`size      ${bytesText(bytes)}, ${percent(bytes / bytesBefore)} of ${bytesText(bytesBefore)}`);
  if (measured === undefined) {
    print('accuracy  not measured');
    return;
  }
  const { dataset, part, before, after } = measured;
  const whole = part === 'all' ? 'all' : `the ${part}`;
  print(`accuracy  ${percent(after.accuracy)}, before ${percent(before.accuracy)}: ${lostText(lostBy(measured))}`);
  print(`loss      ${after.loss.toFixed(5)} nats, before ${before.loss.toFixed(5)}`);
  print(`data      ${dataset.name}, ${whole} samples, ${integer(before.samples)}`);
}

function lostText(lost: number): string {
  if (lost === 0) return 'nothing lost';
  return lost > 0 ? `${(100 * lost).toFixed(2)} points lost` : `${(-100 * lost).toFixed(2)} points gained`;
}
