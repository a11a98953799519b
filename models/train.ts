/**
 * npm run model [-- --seed 2 --out FILE] [-- --search] [-- --resume FILE]
 *
 * Trains the bundled model by its recipe (mnist-784-300-10.json), measures it on MNIST's test digits, and writes the
 * float32 and the int8 file. Ctrl-C saves a checkpoint. MNIST comes from EDGE_MLP_DATA or the cache.
 *
 * --search holds out MNIST's validation digits and some forms of each digit, measures the model on them instead of the
 * test digits, and prints the threshold of recognition for the recipe.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadMnist } from '../cli/data/idx-sets/load.ts';
import { Interrupted, Interruption } from '../cli/interruption.ts';
import { writeModel } from '../cli/model.ts';
import { formatNats, percent } from '../cli/numbers.ts';
import { note } from '../cli/terminal.ts';
import { describeParts } from '../cli/training/describe.ts';
import { createNetwork } from '../cli/training/network.ts';
import { describeRun, type Plan, type RunOptions } from '../cli/training/plan.ts';
import { readResume } from '../cli/training/resume.ts';
import { runPlan } from '../cli/training/run.ts';
import { FLAG_DEFAULTS } from '../cli/training-options.ts';
import { pickMeasures } from '../src/core/measures.ts';
import { defaultInitialisation } from '../src/core/spec.ts';
import { checkTrainingOptions } from '../src/core/training-options.ts';
import { createMlp, type ModelFile, quantizeModel } from '../src/format/index.ts';
import { calibrateRecognition, evaluate, type Recognition, splitTail } from '../src/index.ts';
import { type Mixture, mixSamples } from './mixture.ts';

interface Recipe extends RunOptions {
  readonly hidden: readonly number[];
  readonly mixture: Mixture;
  readonly recognition: Recognition;
}

const VALIDATION = 5000;

const { values: flags } = parseArgs({
  options: {
    seed: { type: 'string' },
    out: { type: 'string', default: 'models/mnist-784-300-10.safetensors' },
    resume: { type: 'string' },
    search: { type: 'boolean', default: false },
  },
});
const { mixture, recognition, ...recipe } = JSON.parse(readFileSync('models/mnist-784-300-10.json', 'utf8')) as Recipe;
const mnist = await loadMnist();
const { training: digits, validation } = flags.search
  ? splitTail(mnist.training, VALIDATION)
  : { training: mnist.training, validation: undefined };
const training = mixSamples(digits, mixture, flags.search ? 'training' : 'all');
const options = checkTrainingOptions({ ...recipe, ...(flags.seed === undefined ? {} : { seed: Number(flags.seed) }) });
const resumed =
  flags.resume === undefined
    ? undefined
    : await readResume(flags.resume, { ...FLAG_DEFAULTS, activation: recipe.activation }, () => false);
const plan: Plan = {
  run: resumed?.run ?? { ...recipe, ...options, data: training.name, final: !flags.search },
  summary: { classes: {} },
  training,
  validation,
  test: flags.search ? undefined : mnist.test,
  layers: [training.columns, ...recipe.hidden, training.classes.length],
  initialisation: recipe.init ?? defaultInitialisation(recipe.activation),
  from: undefined,
  start: undefined,
  resume: resumed?.resume,
};
using mlp = await createNetwork(plan, 1);
note(`data ${training.name}: ${describeParts(plan)}`);
const flagsAgain = [...(flags.search ? ['--search'] : []), '--out', flags.out].join(' ');
const { epochs } = await runPlan(mlp, plan, {
  path: flags.out.replace(/(\.safetensors)?$/, '.checkpoint.safetensors'),
  everyEpoch: false,
  measureTraining: false,
  formatResumeCommand: (path) => `npm run model -- ${flagsAgain} --resume ${path}`,
  interruption: new Interruption(),
}).catch((error: unknown) => {
  if (!(error instanceof Interrupted)) throw error;
  note(error.message);
  process.exit(error.exitCode);
});
const measured = validation ?? mnist.test;

/** Measures and writes a model. */
async function finish({ info, ...weights }: ModelFile, path: string): Promise<void> {
  using network = createMlp(mlp.kernels, { info, ...weights });
  const evaluation = evaluate(network, measured);
  const provenance = info.provenance && { ...info.provenance, test: flags.search ? null : pickMeasures(evaluation) };
  await writeModel(path, { info: { ...info, ...(provenance && { provenance }) }, ...weights });
  note(`${path}: accuracy ${percent(evaluation.accuracy)}, loss ${formatNats(evaluation.loss)}`);
}

const info = { ...describeRun(mlp.spec, plan, { epochs, test: undefined }), recognition };
const model: ModelFile = { info, parameters: mlp.parameters() };
await finish(model, flags.out);
await finish(quantizeModel(model), flags.out.replace(/(\.safetensors)?$/, '.int8.safetensors'));
if (validation !== undefined) note(`threshold ${calibrateRecognition(mlp, validation).recognition.threshold}`);
