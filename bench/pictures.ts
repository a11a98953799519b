/**
 * npm run bench:pictures [-- --samples 500] [-- --part test] [-- --kind shadow]
 *
 * Simulates photographs of digits and classifies them with the bundled model. Digits are MNIST's: the last 5,000 training
 * digits, or the test digits with `--part test`. Without MNIST, only generated digits are measured.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadMnist } from '../cli/data/idx-sets/load.ts';
import { type Dataset, sampleCount, slice } from '../src/core/dataset.ts';
import { EdgeMlpError } from '../src/core/errors.ts';
import { Random } from '../src/core/random.ts';
import { digitsDataset, type GreyImage, pictureInputs } from '../src/data/index.ts';
import { createMlp, parseModel } from '../src/format/index.ts';
import { loadKernels } from '../src/runtime/node.ts';
import { drawTwo, KINDS } from './photographs.ts';

const { values: flags } = parseArgs({
  options: {
    samples: { type: 'string', default: '500' },
    part: { type: 'string', default: 'validation' },
    kind: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
  },
});
const SAMPLES = Number(flags.samples);
const SEED = Number(flags.seed);
const VALIDATION = 5000;
const MODEL = new URL('../models/mnist-784-300-10.safetensors', import.meta.url);

const mlp = createMlp(await loadKernels(), parseModel(readFileSync(MODEL), 'the model'));

/** Label that the model gives an image, or the message of the error. */
function classify(image: GreyImage): number | string {
  try {
    return mlp.predict(pictureInputs(image, {}, 'the picture')).label;
  } catch (error) {
    if (error instanceof EdgeMlpError) return error.message;
    throw error;
  }
}

/** Digits as MNIST's, or undefined with a message if the files are not on this machine. */
async function loadReal(): Promise<Dataset | undefined> {
  if (process.env.EDGE_MLP_DATA === undefined) {
    console.log("EDGE_MLP_DATA is not set: MNIST's digits are left out.\n");
    return undefined;
  }
  const { training, test } = await loadMnist();
  const count = sampleCount(training);
  return flags.part === 'test' ? test : slice(training, count - VALIDATION, count);
}

const pick = ({ inputs, columns }: Dataset, n: number) =>
  Uint8Array.from(inputs.subarray(n * columns, (n + 1) * columns));

/** Percent of the digits that are read right, of `SAMPLES` that are evenly spread over the data set. */
function measure(name: string, data: Dataset): string {
  const total = sampleCount(data);
  const count = Math.min(SAMPLES, total);
  let [right, refused] = [0, 0];
  for (let i = 0; i < count; i++) {
    const n = Math.floor((i * total) / count);
    const random = new Random(SEED, 'generation', n);
    const image =
      name === TWO ? drawTwo(pick(data, n), pick(data, (n + 1) % total), random) : KINDS[name]?.(pick(data, n), random);
    const answer = image === undefined ? '' : classify(image);
    if (typeof answer === 'string') refused++;
    if (name === TWO ? String(answer).includes('more than one digit') : answer === data.labels[n]) right++;
  }
  const percent = (share: number) => `${((100 * share) / count).toFixed(1)} %`;
  return name === TWO ? percent(right) : `${percent(right)} (refused ${percent(refused)})`;
}

const TWO = 'two digits, refused';
const sets = { MNIST: await loadReal(), generated: digitsDataset({ samples: 1000, seed: 11 }) };
const columns = Object.entries(sets).flatMap(([name, data]) => (data === undefined ? [] : [{ name, data }]));
console.log(`| picture | ${columns.map(({ name }) => `${name} digits`).join(' | ')} |`);
console.log(`|---|${columns.map(() => '--:|').join('')}`);
for (const kind of [...Object.keys(KINDS), TWO].filter((name) => name.includes(flags.kind))) {
  console.log(`| ${kind} | ${columns.map(({ data }) => measure(kind, data)).join(' | ')} |`);
}
