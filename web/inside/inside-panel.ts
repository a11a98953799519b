/** Explains the answer of a network. */
import { inputSize } from '../../src/core/spec.ts';
import { generateSamples, isGenerated } from '../../src/data/generated.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import type { AnsweredSample } from '../answers/answered-sample.ts';
import { createElement, createLink } from '../dom.ts';
import { formatSignificant } from '../format.ts';
import type { BrowserNetwork } from '../network.ts';
import { type Contributions, computeContributions } from './contributions.ts';
import { DecisionPlane } from './decision-plane.ts';
import { ActivationDots, UnitCards } from './hidden-units.ts';
import { ColumnBars, PixelMap } from './input-contributions.ts';
import './inside.css';
import { type Question, QuestionField } from './question.ts';
import { formatSigned } from './regions.ts';

const PAPER = 'https://arxiv.org/abs/1704.02685';

export class InsidePanel {
  readonly #host = Object.assign(createElement('div'), { className: 'inside-panel' });
  readonly #question = new QuestionField(() => this.#update());
  readonly #evidence = Object.assign(createElement('p'), { className: 'evidence' });
  readonly #pixels = new PixelMap();
  readonly #columns = new ColumnBars();
  readonly #cards = new UnitCards();
  #dots: readonly ActivationDots[] = [];
  #plane: DecisionPlane | undefined;
  #built: ModelInfo | undefined;
  #subject: AnsweredSample | undefined;

  constructor(host: HTMLElement) {
    host.append(this.#host);
  }

  show(subject: AnsweredSample): void {
    this.#subject = subject;
    const { info } = subject.network;
    if (info !== this.#built) this.#build(info);
    this.#update();
  }

  #build(info: ModelInfo): void {
    this.#built = info;
    this.#plane?.dispose();
    const inputs = inputSize(info.spec);
    this.#plane = inputs === 2 ? createPlane(info) : undefined;
    this.#dots = info.spec.layers.slice(1, -1).map((_, l, { length }) => {
      return new ActivationDots(length === 1 ? 'Hidden layer' : `Hidden layer ${l + 1}`);
    });
    const pictures = findShape(info) !== undefined;
    const decided = createPart(
      pictures ? 'Pixels that decided' : 'Inputs that decided',
      pictures ? this.#pixels.element : this.#columns.element,
      createMethodNote(info),
    );
    const hidden = createPart(
      'Hidden units',
      ...this.#dots.map(({ element }) => element),
      ...(pictures ? [this.#cards.element, createWeightNote()] : []),
    );
    const parts = [
      decided,
      ...(this.#plane
        ? [Object.assign(createPart('Decision plane', this.#plane.element), { className: 'plane-part' })]
        : []),
      ...(this.#dots.length > 0 ? [hidden] : []),
    ];
    const grid = Object.assign(createElement('div', ...parts), { className: 'parts' });
    this.#host.replaceChildren(this.#question.element, this.#evidence, grid);
  }

  #update(): void {
    if (this.#subject === undefined) return;
    const { network, answer } = this.#subject;
    const { info, mlp } = network;
    const question = this.#question.ask(answer, info);
    const { sample } = answer;
    const result = computeContributions(mlp, sample.inputs, question.direction);
    this.#evidence.textContent = describeEvidence(result, question, network);
    const shape = findShape(info);
    if (shape === undefined) this.#columns.show(info, sample, result.inputs, question.scale?.deviation ?? 1);
    else this.#pixels.show(sample, shape, result.inputs, [question.positive, question.negative]);
    const marked = shape === undefined ? [] : this.#cards.show(shape, result);
    for (const [l, dots] of this.#dots.entries())
      dots.show(
        result.activations[l] ?? new Float32Array(),
        result.units[l] ?? new Float64Array(),
        l === 0 ? marked : [],
      );
    if (this.#plane === undefined) return;
    this.#plane.sample = Float32Array.from(sample.inputs);
    this.#plane.show(mlp);
  }
}

/** With points of the training set, if it can be generated. */
function createPlane(info: ModelInfo): DecisionPlane {
  const plane = new DecisionPlane(info);
  const name = info.provenance?.dataset.name ?? '';
  if (isGenerated(name)) plane.points = generateSamples(name, { samples: 300, seed: 1 });
  return plane;
}

/** Rows and columns of pictures. */
function findShape({ imageShape, spec }: ModelInfo): readonly [number, number] | undefined {
  const [rows = 0, columns = 0] = imageShape ?? [];
  return rows * columns === inputSize(spec) ? [rows, columns] : undefined;
}

/** The sum of the contributions, in words. */
function describeEvidence({ start, end }: Contributions, question: Question, { info }: BrowserNetwork): string {
  const { positive, negative, scale } = question;
  const reference = describeReference(info);
  if (scale !== undefined) {
    const [from, to] = [start, end].map((value) =>
      formatSignificant(Number((scale.mean + scale.deviation * value).toPrecision(5))),
    );
    const change = formatSigned(scale.deviation * (end - start));
    return `${scale.name} is ${from} for ${reference}. The contributions of this sample add ${change}, which gives ${to}.`;
  }
  const odds = `${formatOdds(end)} as likely as ${negative}`;
  return `${positive} is ${odds}. The contributions add ${formatSigned(end - start)} to log(p(${positive}) / p(${negative})), which is ${formatSigned(start)} for ${reference}.`;
}

function describeReference({ scaling }: ModelInfo): string {
  if (scaling.kind === 'bytes') return 'an empty picture';
  return scaling.kind === 'standard' ? 'the mean of the training data' : 'inputs of 0';
}

/** e^`logOdds` as `4,000 times`. */
function formatOdds(logOdds: number): string {
  if (logOdds > Math.log(1e6)) return 'over a million times';
  const odds = Math.exp(logOdds);
  return `${Number(odds.toPrecision(2)).toLocaleString('en')} times`;
}

function createPart(title: string, ...content: Node[]): HTMLElement {
  return createElement('section', createElement('h2', title), ...content);
}

function createMethodNote(info: ModelInfo): HTMLElement {
  const text = `Blue supports the answer, orange opposes it, compared with ${describeReference(info)}. Contributions by the rescale rule of `;
  const note = createElement(
    'p',
    text,
    createLink(PAPER, 'DeepLIFT (Shrikumar et al., 2017)'),
    ': their sum is the difference of the output.',
  );
  return Object.assign(note, { className: 'help' });
}

function createWeightNote(): HTMLElement {
  const text =
    'The units that contribute most, with their activations. Ink on blue weights activates a unit, ink on orange ones inhibits it.';
  return Object.assign(createElement('p', text), { className: 'help' });
}
