/** The assignment's formulas in MathML. */
import { Html } from '../../report/html.ts';

type Part = string;

const id = (name: string): Part => `<mi>${name}</mi>`;
const op = (sign: string): Part => `<mo>${sign}</mo>`;
const number = (digits: string): Part => `<mn>${digits}</mn>`;
const row = (...parts: Part[]): Part => `<mrow>${parts.join('')}</mrow>`;
const sub = (base: Part, index: Part): Part => `<msub>${base}${index}</msub>`;
const sup = (base: Part, exponent: Part): Part => `<msup>${base}${exponent}</msup>`;
const frac = (above: Part, below: Part): Part => `<mfrac>${above}${below}</mfrac>`;
const sum = (index: Part): Part => `<munder><mo>∑</mo>${index}</munder>`;
const brackets = (...parts: Part[]): Part => row('<mo>(</mo>', ...parts, '<mo>)</mo>');
const equal = (a: Part, b: Part): Part => row('<mo>[</mo>', a, op('='), b, '<mo>]</mo>');
const partial = (above: Part, below: Part): Part => frac(row(op('∂'), above), row(op('∂'), below));

const at = (name: string, index: string): Part => sub(id(name), id(index));
/** Formulas on one line, or on several lines of a narrow page. */
const formula = (...rows: Part[][]): Html =>
  new Html(
    `<div class="formula" tabindex="0">${rows.map((parts) => `<math display="block">${row(...parts)}</math>`).join('')}</div>`,
  );

const l = id('l');
const minus = op('−');
const is = op('=');
const SPACE = '<mspace width="0.17em"/>';

/** y_i = e^{o_i} / Σ_j e^{o_j},  l = -log y_c */
export const SOFTMAX_AND_LOSS = formula(
  [at('y', 'i'), is, frac(sup(id('e'), at('o', 'i')), row(sum(id('j')), sup(id('e'), at('o', 'j'))))],
  [l, is, minus, id('log'), SPACE, at('y', 'c')],
);

/** ∂y_i/∂o_j = y_i ([i = j] - y_j),  ∂l/∂y_i = -[i = c] / y_c */
export const LOCAL_DERIVATIVES = formula(
  [partial(at('y', 'i'), at('o', 'j')), is, at('y', 'i'), brackets(equal(id('i'), id('j')), minus, at('y', 'j'))],
  [partial(l, at('y', 'i')), is, minus, frac(equal(id('i'), id('c')), at('y', 'c'))],
);

/** ∂l/∂o_j = Σ_i ∂l/∂y_i ∂y_i/∂o_j = -(1/y_c) y_c ([c = j] - y_j) = y_j - [j = c] */
export const COMBINED_DERIVATIVE = formula(
  [partial(l, at('o', 'j')), is, sum(id('i')), partial(l, at('y', 'i')), partial(at('y', 'i'), at('o', 'j'))],
  [is, minus, frac(number('1'), at('y', 'c')), at('y', 'c'), brackets(equal(id('c'), id('j')), minus, at('y', 'j'))],
  [is, at('y', 'j'), minus, equal(id('j'), id('c'))],
);

/** h = σ(xW + a),  o = hV + b,  y = softmax(o) */
export const NETWORK = formula(
  [id('h'), is, id('σ'), brackets(id('x'), id('W'), op('+'), id('a'))],
  [id('o'), is, id('h'), id('V'), op('+'), id('b')],
  [id('y'), is, id('softmax'), brackets(id('o'))],
);
