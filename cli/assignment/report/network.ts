/** Report sections of questions 5 and 6. */
import { formatNats, integer, percent } from '../../numbers.ts';
import { type Html, html } from '../../report/html.ts';
import type { ReproductionFigures } from '../figures.ts';
import { question } from './questions.ts';

export function networkSections(figures: ReproductionFigures): Html {
  return html`
<h2 id="q5">5 · The network for digits</h2>
${question(5)}
${questionFive(figures[5])}
<h2 id="q6">6 · Batches</h2>
${question(6)}
${questionSix(figures[6])}`;
}

function questionFive({ layers, hiddenActivation, parameters, untrained, step }: ReproductionFigures[5]): Html {
  const [inputs = 0, hidden = 0, classes = 0] = layers;
  return html`<p>${layers.join('-')} with ${hiddenActivation} units and softmax: W is ${inputs} × ${hidden}, a has ${hidden} elements, V is ${hidden} × ${classes} and b has ${classes} elements: ${integer(parameters)} parameters. Stochastic gradient descent takes one step for every sample: w ← w − η ∂l/∂w.</p>
<p>The untrained network has an accuracy of ${percent(untrained.accuracy)} and a loss of ${formatNats(untrained.loss)} nats. Equal probabilities for all classes have a loss of log ${classes} = ${formatNats(Math.log(classes))} nats. After one step with η = ${step.learningRate}, the WebAssembly kernels in float32 and a float64 reference differ by at most ${step.largestDifference.toExponential(1)} in any parameter.</p>`;
}

function questionSix({ samples, loss, largestGradient, largestDifference }: ReproductionFigures[6]): Html {
  return html`<p>The samples are the rows of X. The forward pass is H = σ(XW + a), O = HV + b. The backward pass is dV = HᵀΔ/N, dH = ΔVᵀ. The loss of a batch is the mean of its samples’ losses. Differentiation is linear, so the gradient of a batch is the mean of its samples’ gradients.</p>
<p>For ${samples} samples, the loss of the batch is ${loss.ofBatch.toFixed(7)} and the mean of the samples’ losses is ${loss.meanOfSamples.toFixed(7)}. The gradient of the batch and the mean of ${samples} gradients differ by at most ${largestDifference.toExponential(1)}, while the largest component is ${largestGradient.toExponential(1)}. The difference is float32 rounding.</p>`;
}
