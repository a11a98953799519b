/** Questions 5 and 6. */

import { type Html, html } from '../../report/html.ts';
import { formatNats, integer, percent } from '../../report/numbers.ts';
import type { ReproductionFigures } from '../figures.ts';

export function networkSections(figures: ReproductionFigures): Html {
  return html`
<h2 id="q5">5 · The network for digits</h2>
${questionFive(figures[5])}
<h2 id="q6">6 · Batches</h2>
${questionSix(figures[6])}`;
}

function questionFive({ layers, hiddenActivation, parameters, untrained, step }: ReproductionFigures[5]): Html {
  const [inputs = 0, hidden = 0, classes = 0] = layers;
  return html`<p>${layers.join('-')} with ${hiddenActivation} units and softmax: W has ${inputs} × ${hidden} weights and a ${hidden} biases, V ${hidden} × ${classes} and b ${classes}, ${integer(parameters)} parameters in all. One step of stochastic gradient descent for every sample, w ← w − η ∂l/∂w.</p>
<p>Untrained it is right on ${percent(untrained.accuracy)} of the samples, at a loss of ${formatNats(untrained.loss)} formatNats; knowing nothing would be log ${classes} = ${formatNats(Math.log(classes))}. One step of the WebAssembly kernels in float32 with η = ${step.learningRate} and the same step in plain float64 differ by ${step.largestDifference.toExponential(1)} in the parameter that differs most.</p>`;
}

function questionSix({ samples, loss, largestGradient, largestDifference }: ReproductionFigures[6]): Html {
  return html`<p>With samples as the rows of X, the passes are H = σ(XW + a), O = HV + b, and back dV = HᵀΔ/N, dH = ΔVᵀ. The loss of a batch is the mean of its samples’ losses, and differentiation is linear, so the gradient of a batch is the mean of its samples’ gradients.</p>
<p>Measured on ${samples} samples: the loss of the batch is ${loss.ofBatch.toFixed(7)}, the mean of the samples’ losses ${loss.meanOfSamples.toFixed(7)}. The batch’s gradient and the mean of ${samples} gradients differ by ${largestDifference.toExponential(1)} at most, where the largest component is ${largestGradient.toExponential(1)}: the rounding of float32.</p>`;
}
