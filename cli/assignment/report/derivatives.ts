/** Report sections of questions 1 to 3. */
import { exactNumber } from '../../report/exact.ts';
import { dataTable, type Html, html } from '../../report/html.ts';
import type { ReproductionFigures } from '../figures.ts';
import { COMBINED_DERIVATIVE, LOCAL_DERIVATIVES, NETWORK, SOFTMAX_AND_LOSS } from './formulas.ts';
import { question } from './questions.ts';

type Figures<Question extends keyof ReproductionFigures> = ReproductionFigures[Question];

export function derivativeSections(figures: ReproductionFigures): Html {
  return html`
<h2 id="q1">1 · Derivatives of softmax and cross-entropy</h2>
${question(1)}
${questionOne(figures[1])}
<h2 id="q2">2 · Softmax and cross-entropy combined</h2>
${question(2)}
${questionTwo(figures[2])}
<h2 id="q3">3 · A 2-3-2 network by hand</h2>
${question(3)}
${questionThree(figures[3])}`;
}

function questionOne(figures: Figures<1>): Html {
  const { logits, target, probabilities, softmaxJacobian, crossEntropyGradient, checks } = figures;
  const [o, y] = [subscript('o', 'i'), subscript('y', 'i')];
  const columns = logits.map((_, j) => html`∂${y}/∂${subscript('o', j)}`);
  const header = ['i', o, y, ...columns, html`∂l/∂${y}`];
  const rows = logits.map((logit, i) => [
    String(i),
    String(logit),
    exactNumber(probabilities[i] ?? Number.NaN),
    ...(softmaxJacobian[i] ?? []).map(exactNumber),
    exactNumber(crossEntropyGradient[i] ?? Number.NaN),
  ]);
  return html`<p>The last layer of a network computes logits o. Softmax turns the logits into probabilities y. The loss l of a sample of class c is the cross-entropy:</p>
${SOFTMAX_AND_LOSS}
<p>The numerator of ${y} depends only on ${o}, the denominator on all logits. The only probability in l is ${subscript('y', 'c')}:</p>
${LOCAL_DERIVATIVES}
<p>Values for o = [${logits.join(', ')}] and c = ${target}:</p>
${dataTable(header, rows)}
${agreement(checks, 'central differences')}`;
}

function questionTwo({ gradient, inTwoSteps, checks }: Figures<2>): Html {
  const rows = gradient.map((value, j) => [
    html`∂l/∂${subscript('o', j)}`,
    exactNumber(value),
    exactNumber(inTwoSteps[j] ?? Number.NaN),
  ]);
  return html`<p>By the chain rule, one term of the sum remains and ${subscript('y', 'c')} cancels:</p>
${COMBINED_DERIVATIVE}
${dataTable(['', 'combined formula', 'two formulas of question 1'], rows)}
<p>Both results are equal, but the calculations differ: if ${subscript('y', 'c')} rounds to zero, the two formulas divide by zero and the combined formula is exact. The kernels use the combined formula.</p>
${agreement(checks, 'central differences and the two formulas')}`;
}

function questionThree({ x, target, W, V, h, o, y, loss, dV, db, dW, da, checks }: Figures<3>): Html {
  const list = (values: readonly number[]) => separate(values.map(exactNumber));
  const matrix = (values: readonly (readonly number[])[] | undefined) =>
    separate((values ?? []).map((line) => html`[${list(line)}]`));
  const rows: [string, Html | string][] = [
    ['x', html`[${list(x)}], class ${target}`],
    ['W', matrix(W)],
    ['V', matrix(V)],
    ['h', list(h)],
    ['o', list(o)],
    ['y', list(y)],
    ['l', exactNumber(loss)],
    ['dV', matrix(dV)],
    ['db', list(db)],
    ['dW', matrix(dW)],
    ['da', list(da)],
  ];
  return html`${NETWORK}
<p>One forward and one backward pass, written with scalars, all biases zero:</p>
<div class="plain">${dataTable(['', ''], rows)}</div>
<p>The input of every hidden unit is 1·1 + (−1)(−1) = 2. Both logits are equal, so y = [½, ½] and l = log 2. The columns of V are equal, so no gradient reaches the hidden layer: dW and da are zero.</p>
${agreement(checks, 'central differences, and of the WebAssembly kernels with float64')}`;
}

function agreement({ agree, of, largestDifference }: Figures<1>['checks'], comparison: string): Html {
  return html`<p>Comparison with ${comparison}: ${agree} of ${of} values agree. The largest difference is ${largestDifference.toExponential(1)}.</p>`;
}

function separate(items: readonly (Html | string)[]): Html {
  return html`${items.flatMap((item, i) => (i === 0 ? [item] : [', ', item]))}`;
}

function subscript(letter: string, index: string | number): Html {
  return html`${letter}<sub>${index}</sub>`;
}
