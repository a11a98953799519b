/** The optimizers: how a step changes the parameters, and what a run keeps for it besides the parameters. */
import { BELOW_ONE, checkUnion, type Limit } from './option-checks.ts';

/** How a step changes the parameters, as in PyTorch. */
export type Optimizer = Sgd | Adam;

/** Stochastic gradient descent, with `momentum` and `nesterov` of the training options (torch.optim.SGD). */
export interface Sgd {
  /** Name of the optimizer. */
  readonly kind: 'sgd';
}

/** Adam (Kingma and Ba, 2015), or AdamW (Loshchilov and Hutter, 2019). */
export interface Adam {
  /** Name of the optimizer: `adamw` decouples the weight decay. */
  readonly kind: 'adam' | 'adamw';
  /** Decay rate of the mean of the gradient, 0 ≤ beta1 < 1. Default: 0.9. */
  readonly beta1: number;
  /** Decay rate of the mean of the squared gradient, 0 ≤ beta2 < 1. Default: 0.999. */
  readonly beta2: number;
  /** Term of the denominator, above 0, against division by zero. Default: 1e-8. */
  readonly epsilon: number;
}

/** An optimizer as a caller gives it: absent fields take their defaults; a name means all defaults. */
export type OptimizerInput = Optimizer['kind'] | Sgd | (Partial<Adam> & Pick<Adam, 'kind'>);

export const ADAM_DEFAULTS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** Defaults of training options that depend on the optimizer: those of PyTorch for Adam and AdamW. */
export const OPTIMIZER_DEFAULTS: Readonly<
  Record<Optimizer['kind'], { readonly learningRate: number; readonly weightDecay: number }>
> = {
  sgd: { learningRate: 0.03, weightDecay: 0 },
  adam: { learningRate: 0.001, weightDecay: 0 },
  adamw: { learningRate: 0.001, weightDecay: 0.01 },
};
export const OPTIMIZER_KINDS = /* @__PURE__ */ Object.keys(OPTIMIZER_DEFAULTS) as readonly Optimizer['kind'][];

const ADAM_FIELDS = ['beta1', 'beta2', 'epsilon'] as const;
const OPTIMIZER_FIELDS = { sgd: [], adam: ADAM_FIELDS, adamw: ADAM_FIELDS } as const;
const ADAM_LIMITS: Readonly<Record<keyof typeof ADAM_DEFAULTS, Limit>> = {
  beta1: BELOW_ONE,
  beta2: BELOW_ONE,
  epsilon: ['a number above 0', (value) => value > 0],
};

/** Checks an optimizer and fills in the defaults. Throws EdgeMlpError "bad-argument". */
export function checkOptimizer(given: unknown): Optimizer {
  const union = { kinds: OPTIMIZER_FIELDS, defaults: ADAM_DEFAULTS, limits: ADAM_LIMITS };
  return checkUnion('optimizer', typeof given === 'string' ? { kind: given } : given, union) as unknown as Optimizer;
}

/** `sgd`, or `adam beta1=0.8`: the name, and the fields that differ from their defaults. */
export function formatOptimizer({ kind, ...fields }: Optimizer): string {
  const defaults: Readonly<Record<string, number>> = ADAM_DEFAULTS;
  const changed = Object.entries<number>(fields).filter(([name, value]) => value !== defaults[name]);
  return [kind, ...changed.map(([name, value]) => `${name}=${value}`)].join(' ');
}

/** The training options that decide what a run keeps besides the parameters. */
export interface OptimizerOptions {
  readonly optimizer: Optimizer;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
}

/**
 * The numbers that a run keeps in the shape of the parameters: gradient and velocity, which is the first moment of Adam,
 * and the second moment of Adam. Steps of plain SGD add the gradient to the parameters and keep nothing.
 */
export function listOptimizerState(options: OptimizerOptions): { velocity: boolean; secondMoment: boolean } {
  const { optimizer, momentum, weightDecay, clipNorm } = options;
  const secondMoment = optimizer.kind !== 'sgd';
  return { velocity: secondMoment || momentum > 0 || weightDecay > 0 || clipNorm > 0, secondMoment };
}
