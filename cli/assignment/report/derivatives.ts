/** Questions 1 to 3. */

import { dataTable, type Html, html } from '../../report/html.ts';
import { allDigits } from '../../report/numbers.ts';
import type { ReproductionFigures } from '../figures.ts';
import { COMBINED_DERIVATIVE, LOCAL_DERIVATIVES, NETWORK, SOFTMAX_AND_LOSS } from './formulas.ts';

type Figures<Question extends keyof ReproductionFigures> = ReproductionFigures[Question];

export function derivativeSections(figures: ReproductionFigures): Html {
  return html`
<h2 id="q1">1 · Derivatives of softmax and cross-entropy</h2>
${questionOne(figures[1])}
<h2 id="q2">2 · Both at once</h2>
${questionTwo(figures[2])}
<h2 id="q3">3 · A 2-3-2 network by hand</h2>
${questionThree(figures[3])}`;
}

function questionOne({
  logits,
  target,
  probabilities,
  softmaxJacobian,
  crossEntropyGradient,
  checks,
}: Figures<1>): Html {
  const [o, y] = [indexed('o', 'i'), indexed('y', 'i')];
  const columns = logits.map((_, j) => html`∂${y}/∂${indexed('o', j)}`);
  const header = ['i', o, y, ...columns, html`∂l/∂${y}`];
  const rows = logits.map((logit, i) => [
    String(i),
    String(logit),
    allDigits(probabilities[i] ?? Number.NaN),
    ...(softmaxJacobian[i] ?? []).map((value) => value.toFixed(8)),
    allDigits(crossEntropyGradient[i] ?? Number.NaN),
  ]);
  return html`<p>A network’s last layer gives logits o, softmax makes a distribution y of them, and the loss of a sample of class c is the surprise at c:</p>
${SOFTMAX_AND_LOSS}
<p>The numerator of ${y} depends on ${o} alone, the denominator on all logits, and of the probabilities only ${indexed('y', 'c')} occurs in l:</p>
${LOCAL_DERIVATIVES}
<p>In figures, for o = [${logits.join(', ')}] and c = ${target}:</p>
${dataTable(header, rows)}
${agreement(checks, 'central differences')}`;
}

function questionTwo({ gradient, inTwoSteps, checks }: Figures<2>): Html {
  const rows = gradient.map((value, j) => [
    html`∂l/∂${indexed('o', j)}`,
    allDigits(value),
    allDigits(inTwoSteps[j] ?? Number.NaN),
  ]);
  return html`<p>Chaining the two, one term of the sum remains, and ${indexed('y', 'c')} cancels:</p>
${COMBINED_DERIVATIVE}
${dataTable(['', 'in one step', 'in the two steps of question 1'], rows)}
<p>The two steps and the one are the same number, but not the same calculation: where ${indexed('y', 'c')} rounds to zero, the first divides by it and the second is exact. The kernels take the one step.</p>
${agreement(checks, 'central differences and the two steps')}`;
}

function questionThree({ x, target, W, V, h, o, y, loss, dV, db, dW, da, checks }: Figures<3>): Html {
  const list = (values: readonly number[]) => values.map(allDigits).join(', ');
  const matrix = (values: readonly (readonly number[])[] | undefined) =>
    (values ?? []).map((line) => `[${list(line)}]`).join(', ');
  const rows: [string, string][] = [
    ['x', `[${list(x)}], class ${target}`],
    ['W', matrix(W)],
    ['V', matrix(V)],
    ['h', list(h)],
    ['o', list(o)],
    ['y', list(y)],
    ['l', allDigits(loss)],
    ['dV', matrix(dV)],
    ['db', list(db)],
    ['dW', matrix(dW)],
    ['da', list(da)],
  ];
  return html`${NETWORK}
<p>Written with plain scalars, one forward and one backward pass, biases zero:</p>
<div class="plain">${dataTable(['', ''], rows)}</div>
<p>Every hidden unit sees 1·1 + (−1)(−1) = 2, both logits are equal, and so y is [½, ½] and l = log 2. The columns of V are equal, so nothing is passed down: dW and da vanish.</p>
${agreement(checks, 'central differences, and the WebAssembly kernels with float64')}`;
}

function agreement({ agree, of, largestDifference }: Figures<1>['checks'], beside: string): Html {
  return html`<p>Measured beside ${beside}: ${agree} of ${of} agree, the largest difference is ${largestDifference.toExponential(1)}.</p>`;
}

/** A letter with its index. */
function indexed(letter: string, index: string | number): Html {
  return html`${letter}<sub>${index}</sub>`;
}
