/** A PyTorch network in, fine-tuned to a slanted hand, out again; ONNX Runtime is asked whether the file says the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { distortedPictures, evaluate, loadKernels, train } from 'edge-mlp';
import { digitsDataset } from 'edge-mlp/data';
import { createMlp, formatModel } from 'edge-mlp/format';
import { formatOnnx, parseOnnx } from 'edge-mlp/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-web';

const kernels = await loadKernels();
const imported = parseOnnx(readFileSync('digits.onnx'), 'digits.onnx');
// What an ONNX file does not say: the inputs are the pixels of a picture, bytes that were divided by 255.
const info = { ...imported.info, imageShape: [28, 28], scaling: { kind: 'bytes' } };
const mlp = createMlp(kernels, { ...imported, info });
console.log(`digits.onnx is a ${mlp.spec.layers.join('-')} network, ${mlp.spec.hiddenActivation}`);

/** Digits that were drawn by an unsteady, slanting hand. */
function slanted(part, samples) {
  const upright = digitsDataset({ samples, seed: 5, part });
  const hand = { augment: { kind: 'affine', shear: 0.6, rotation: 20 }, seed: 5 };
  return { ...upright, inputs: distortedPictures(kernels, upright, hand, 0) };
}
const [training, test] = [slanted(0, 4000), slanted(1, 1000)];
const percent = (dataset) => `${(100 * evaluate(mlp, dataset).accuracy).toFixed(1)} %`;

console.log(`of slanted digits it reads ${percent(test)} as PyTorch left it`);
for (const progress of train(mlp, training, { epochs: 10, learningRate: 0.02 })) {
  if (progress.kind === 'epoch')
    console.log(`epoch ${progress.metrics.epoch}: loss ${progress.metrics.trainLoss.toFixed(4)}`);
}
console.log(`of slanted digits it reads ${percent(test)} now`);

const tuned = { info, parameters: mlp.parameters() };
writeFileSync('tuned.onnx', formatOnnx(tuned));
// For PyTorch: safetensors.torch.load_file gives layers.0.weight, layers.0.bias, …, as nn.Linear has them.
writeFileSync('tuned.safetensors', formatModel(tuned));

const session = await InferenceSession.create(readFileSync('tuned.onnx'));
const [input, output] = [session.inputNames[0], session.outputNames[0]];
const pixels = Float32Array.from(test.inputs, (byte) => byte / 255);
const { [output]: theirs } = await session.run({ [input]: new Tensor(pixels, [1000, 784]) });
const { probabilities } = mlp.predictBatch(test.inputs);
const apart = probabilities.reduce((most, p, i) => Math.max(most, Math.abs(p - theirs.data[i])), 0);
console.log(`ONNX Runtime's probabilities of tuned.onnx are ${apart.toExponential(1)} from ours, at most`);
