/**
 * Imports a PyTorch network, fine-tunes it on slanted digits, exports it, and compares the export with ONNX Runtime.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { distortedPictures, evaluate, loadKernels, train } from 'edge-mlp';
import { digitsDataset } from 'edge-mlp/data';
import { createMlp, formatModel } from 'edge-mlp/format';
import { formatOnnx, parseOnnx } from 'edge-mlp/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-web';

const kernels = await loadKernels();
const imported = parseOnnx(readFileSync('digits.onnx'), 'digits.onnx');
// ONNX files do not describe their inputs: here 28×28 pixels, as bytes divided by 255.
const info = { ...imported.info, imageShape: [28, 28], scaling: { kind: 'bytes' } };
const mlp = createMlp(kernels, { ...imported, info });
console.log(`digits.onnx is a ${mlp.spec.layers.join('-')} network with ${mlp.spec.hiddenActivation} activation`);

/** Generated digits with random slant and rotation. */
function generateSlantedDigits(part, samples) {
  const upright = digitsDataset({ samples, seed: 5, part });
  const distortion = { augment: { kind: 'affine', shear: 0.6, rotation: 20 }, seed: 5 };
  return { ...upright, inputs: distortedPictures(kernels, upright, distortion, 0) };
}
const [training, test] = [generateSlantedDigits(0, 4000), generateSlantedDigits(1, 1000)];
const formatAccuracy = (dataset) => `${(100 * evaluate(mlp, dataset).accuracy).toFixed(1)} %`;

console.log(`accuracy on slanted digits before fine-tuning: ${formatAccuracy(test)}`);
for (const progress of train(mlp, training, { epochs: 10, learningRate: 0.02 })) {
  if (progress.kind === 'epoch')
    console.log(`epoch ${progress.metrics.epoch}: loss ${progress.metrics.trainLoss.toFixed(4)}`);
}
console.log(`accuracy on slanted digits after fine-tuning: ${formatAccuracy(test)}`);

const tuned = { info, parameters: mlp.parameters() };
writeFileSync('tuned.onnx', formatOnnx(tuned));
// In PyTorch, safetensors.torch.load_file returns layers.0.weight, layers.0.bias, … in nn.Linear's layout.
writeFileSync('tuned.safetensors', formatModel(tuned));

const session = await InferenceSession.create(readFileSync('tuned.onnx'));
const [input, output] = [session.inputNames[0], session.outputNames[0]];
const pixels = Float32Array.from(test.inputs, (byte) => byte / 255);
const { [output]: expected } = await session.run({ [input]: new Tensor(pixels, [1000, 784]) });
const { probabilities } = mlp.predictBatch(test.inputs);
const difference = probabilities.reduce((max, p, i) => Math.max(max, Math.abs(p - expected.data[i])), 0);
console.log(`maximum difference from ONNX Runtime's probabilities for tuned.onnx: ${difference.toExponential(1)}`);
