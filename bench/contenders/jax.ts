/**
 * jax-js on its WebAssembly backend. One jitted function is the whole step: loss, gradients and update. The backend
 * starts threads where `Worker` is a global variable; in Node it has one.
 *
 * jax-js counts references: each use of an array consumes one, and `ref` adds one.
 */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { countWarmSamples, measureCheckpoints, readBytes, readInputs, readLayers, readTask, report } from '../task.ts';

const task = readTask();
if (task.kind !== 'train') throw new Error(`expected a training task, got ${task.kind}`);
const { learningRate, momentum, batchSize } = task;
await init('wasm');
defaultDevice('wasm');

const columns = task.layers[0] ?? 0;
const classes = task.layers.at(-1) ?? 0;
const activation = task.hiddenActivation === 'relu' ? nn.relu : nn.sigmoid;

/** A weight [inputs][outputs] and a bias [outputs] per layer. jax-js accepts type aliases, but no interfaces. */
type Parameters = { w: np.Array; b: np.Array }[];
/** The velocity is an empty list without momentum. */
type State = { parameters: Parameters; velocity: Parameters };

function createState(): State {
  const layers = readLayers(task);
  return {
    parameters: layers.map(({ weight, bias, inputs, outputs }) => ({
      w: np.array(weight).reshape([inputs, outputs]),
      b: np.array(bias),
    })),
    velocity:
      momentum > 0
        ? layers.map(({ inputs, outputs }) => ({ w: np.zeros([inputs, outputs]), b: np.zeros([outputs]) }))
        : [],
  };
}

/** Mean cross-entropy of the inputs `x` [rows][columns]. */
function computeLoss(parameters: Parameters, x: np.Array, labels: np.Array): np.Array {
  const [rows = 0] = x.shape;
  const logits = parameters.reduce((h, { w, b }, l) => {
    const z = np.dot(h, w).add(b);
    return l === parameters.length - 1 ? z : activation(z);
  }, x);
  const chosen = nn.logSoftmax(logits).mul(nn.oneHot(labels, classes));
  return chosen.sum().mul(-1 / rows);
}

const step = jit(({ parameters, velocity }: State, x: np.Array, labels: np.Array) => {
  const [loss, gradient] = valueAndGrad(computeLoss)(tree.ref(parameters), x, labels);
  const change =
    momentum > 0 ? tree.map((v: np.Array, g: np.Array) => v.mul(momentum).add(g), velocity, gradient) : gradient;
  const kept = momentum > 0 ? tree.ref(change) : [];
  const updated = tree.map((w: np.Array, c: np.Array) => w.sub(c.mul(learningRate)), parameters, change);
  return { state: { parameters: updated, velocity: kept }, loss };
});

const inputs = readInputs(task, 'orderedInputs');
const labels = Int32Array.from(readBytes(task.data, 'orderedLabels'));

/** Returns a function that trains on the samples [from, to) and returns the sum of their losses. */
function createTrainer() {
  let state = createState();
  return async (from: number, to: number) => {
    let sum = 0;
    for (let first = from; first < to; first += batchSize) {
      const rows = Math.min(batchSize, to - first);
      const x = np.array(inputs.subarray(first * columns, (first + rows) * columns)).reshape([rows, columns]);
      const next = step(state, x, np.array(labels.subarray(first, first + rows)));
      state = next.state;
      sum += Number(await next.loss.jsAsync()) * rows;
    }
    await blockUntilReady(tree.ref(state));
    return sum;
  };
}

await createTrainer()(0, countWarmSamples(task));
report(await measureCheckpoints(task, createTrainer()));
