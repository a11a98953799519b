/** Trains on a CSV file: node train.js FILE.csv LABEL-COLUMN */
import { readFileSync, writeFileSync } from 'node:fs';
import { classMetrics, evaluate, loadKernels, Mlp, train } from 'edge-mlp';
import { csvDataset } from 'edge-mlp/csv';
import { scaleInputs, trainingParts } from 'edge-mlp/data';
import { createMlp, formatModel, parseModel } from 'edge-mlp/format';

const [file, labelColumn] = process.argv.slice(2);
if (file === undefined || labelColumn === undefined) {
  console.error('usage: node train.js FILE.csv LABEL-COLUMN');
  process.exit(2);
}

const kernels = await loadKernels();
const dataset = csvDataset(readFileSync(file, 'utf8'), { name: file, labelColumn });
const { columns, classes, features } = dataset;

// Both parts are standardised with the mean and deviation of the training part, which the model file stores.
const heldOut = Math.round(dataset.labels.length / 5);
const { training, validation } = trainingParts(dataset, { validation: heldOut, seed: 1, shuffledSplit: true });

const mlp = Mlp.create(kernels, { layers: [columns, 16, classes.length], hiddenActivation: 'tanh', seed: 1 });
for (const progress of train(mlp, training, { epochs: 100, learningRate: 0.02, batchSize: 8 })) {
  if (progress.kind === 'epoch' && progress.metrics.epoch % 20 === 0) {
    const { epoch, trainLoss } = progress.metrics;
    console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}`);
  }
}

const { accuracy, confusion } = evaluate(mlp, validation);
console.log(`accuracy on ${heldOut} held-out rows: ${(100 * accuracy).toFixed(1)} %`);
classMetrics(confusion).forEach(({ precision, recall }, label) => {
  console.log(`  ${classes[label]}: recall ${recall.toFixed(2)}, precision ${precision.toFixed(2)}`);
});

// The file contains the names and the scaling, so predicting needs no other information.
writeFileSync(
  'model.safetensors',
  formatModel({
    info: { spec: mlp.spec, classes, features, labelName: labelColumn, scaling: training.scaling },
    parameters: mlp.parameters(),
  }),
);

const model = parseModel(readFileSync('model.safetensors'), 'model.safetensors');
const network = createMlp(kernels, model);
const last = scaleInputs(dataset.inputs.subarray(-columns), model.info.scaling);
const name = model.info.classes[network.predict(last).label];
console.log(`last row of ${file}: predicted ${name}, labelled ${classes[dataset.labels.at(-1)]}`);
