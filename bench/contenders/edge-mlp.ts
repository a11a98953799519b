/** edge-mlp through its public API. The second argument is a variant as JSON. */
import {
  type Dataset,
  enableWidening,
  evaluate,
  loadKernels,
  loadTeam,
  Mlp,
  slice,
  type TrainProgress,
  train,
} from '../../dist/src/runtime/node.js';
import {
  ACCURACY_SAMPLES,
  measureSince,
  type PredictOutcome,
  type PredictTask,
  readBytes,
  readFloats,
  readInputs,
  readLayers,
  readPeakBytes,
  readTask,
  report,
  SINGLE_SAMPLES,
  type Task,
  type TrainOutcome,
  type TrainTask,
  transposeWeight,
  type Variant,
} from '../task.ts';

const task = readTask();
const variant: Variant = JSON.parse(process.argv[3] ?? '{}');
const widening = variant.widened ? enableWidening() : undefined;
if (widening?.on === false) throw new Error(`widening is off: ${widening.reason}`);
const kernels = variant.threads === undefined ? await loadKernels() : await loadTeam(variant.threads);

/** A network with the task's weights. */
function createNetwork(task: Task): Mlp {
  const layers = readLayers(task);
  return Mlp.fromParameters(kernels, {
    layers: task.layers,
    hiddenActivation: task.hiddenActivation,
    weights: layers.map(transposeWeight),
    biases: layers.map(({ bias }) => bias),
  });
}

function createDataset({ data, inputs, layers, samples }: TrainTask): Dataset {
  const columns = layers[0] ?? 0;
  const values = inputs === 'bytes' ? readBytes(data, 'inputs') : readFloats(data, 'inputs');
  return {
    name: 'bench',
    inputs: values.subarray(0, samples * columns),
    labels: Uint16Array.from(readBytes(data, 'labels').subarray(0, samples)),
    columns,
    classes: Array.from({ length: layers.at(-1) ?? 0 }, (_, label) => String(label)),
    scaling: { kind: inputs === 'bytes' ? 'bytes' : 'identity' },
  };
}

function measureTraining(task: TrainTask): TrainOutcome {
  const set = createDataset(task);
  const { learningRate, momentum, batchSize, seed } = task;
  const options = { epochs: 1, learningRate, momentum, batchSize, seed };
  if (task.warmSteps > 0) {
    const warm = createNetwork(task);
    for (const _ of train(warm, slice(set, 0, task.warmSteps * batchSize), options));
    warm.dispose();
  }

  const mlp = createNetwork(task);
  const [stride = 1] = task.checkpoints;
  const slices = task.verifying ? { stepsPerSlice: Math.ceil(stride / batchSize) } : {};
  const meanLosses: Record<string, number> = {};
  const note = (progress: TrainProgress) => {
    if (progress.kind === 'slice' && task.checkpoints.includes(progress.samples))
      meanLosses[progress.samples] = progress.loss;
  };
  const started = performance.now();
  for (const progress of train(mlp, set, { ...options, ...slices })) note(progress);
  const seconds = measureSince(started);
  const peak = readPeakBytes();
  const accuracy = task.verifying ? { accuracy: evaluate(mlp, slice(set, 0, ACCURACY_SAMPLES)).accuracy } : {};
  return { kind: 'train', seconds, meanLosses, ...accuracy, peakBytes: peak, linearBytes: kernels.memoryBytes };
}

/** `measureCalls` is not used because awaiting a promise per call would add to the measured time. */
function measurePrediction(task: PredictTask): PredictOutcome {
  const mlp = createNetwork(task);
  const { batch, calls, warmCalls, compared, layers } = task;
  const columns = layers[0] ?? 0;
  const test = variant.pixels === 'floats' ? readInputs(task, 'test') : readBytes(task.data, 'test');
  const rows = test.length / columns;
  const parts = Array.from({ length: batch === 1 ? Math.min(SINGLE_SAMPLES, rows) : 1 }, (_, n) =>
    test.subarray(n * columns, (n + batch) * columns),
  );
  const predict = (n: number) => {
    const part = parts[n % parts.length] ?? test;
    return (batch === 1 ? mlp.predict(part) : mlp.predictBatch(part)).probabilities;
  };
  const probabilities = [...mlp.predictBatch(test.subarray(0, compared * columns)).probabilities];
  if (batch === 1)
    probabilities.splice(0, Number.POSITIVE_INFINITY, ...parts.slice(0, compared).flatMap((_, n) => [...predict(n)]));
  for (let n = 0; n < warmCalls; n++) predict(n);
  const started = performance.now();
  for (let n = 0; n < calls; n++) predict(n);
  return { kind: 'predict', seconds: measureSince(started) / calls / batch, probabilities };
}

if (task.kind === 'train') report(measureTraining(task));
if (task.kind === 'predict') report(measurePrediction(task));
