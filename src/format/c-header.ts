/** A model as a C99 header for firmware: constants and a function that predicts. It only needs math.h. */
import { EdgeMlpError } from '../core/errors.ts';
import { activationAt, formatActivation, type HiddenActivation, sizeAt } from '../core/spec.ts';
import { shortest } from './json.ts';
import { checkInfo, type ModelInfo } from './metadata.ts';
import type { ModelFile } from './model-file.ts';
import { float32Standardisation, targetScaling } from './standardisation.ts';

/** Each activation of y[o], except the identity. */
const ACTIVATIONS = {
  sigmoid: '1.0f / (1.0f + expf(-y[o]))',
  tanh: '1.0f - 2.0f / (1.0f + expf(2.0f * y[o]))',
  relu: 'y[o] > 0.0f ? y[o] : 0.0f',
  'leaky-relu': 'y[o] > 0.0f ? y[o] : 0.01f * y[o]',
  elu: 'y[o] > 0.0f ? y[o] : expm1f(y[o])',
  gelu: '0.5f * y[o] * erfcf(-0.70710678f * y[o])',
  'gelu-tanh': 'y[o] / (1.0f + expf(-1.5957691f * y[o] * (1.0f + 0.044715f * y[o] * y[o])))',
  silu: 'y[o] / (1.0f + expf(-y[o]))',
  softplus: '(y[o] > 0.0f ? y[o] : 0.0f) + log1pf(expf(-fabsf(y[o])))',
} as const satisfies Record<Exclude<HiddenActivation, 'identity'>, string>;

/**
 * A C99 header with the weights of a model and a function that predicts. `name` is the prefix of all definitions:
 * `NAME_INPUTS`, `NAME_CLASSES`, `name_classes`, `name_predict`; with a recognition threshold `NAME_THRESHOLD`; for
 * regression `NAME_TARGETS` and `name_targets`. int8 weights stay bytes. Throws EdgeMlpError "bad-argument" for an
 * invalid name.
 *
 * @example
 * ```ts
 * import { loadKernels, Mlp } from 'edge-mlp';
 * import { formatCHeader } from 'edge-mlp/format';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const info = { spec: mlp.spec, classes: ['no', 'yes'], scaling: { kind: 'identity' } } as const;
 * const model = { info, parameters: mlp.parameters() };
 * console.log(formatCHeader(model, 'gate').includes('gate_predict(')); // true
 * ```
 */
export function formatCHeader(model: ModelFile, name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/i.test(name)) {
    throw new EdgeMlpError('bad-argument', `name: expected letters, digits and _, got ${JSON.stringify(name)}`);
  }
  checkInfo(model.info);
  const { layers, task } = model.info.spec;
  const guard = `${name.toUpperCase()}_H`;
  return [
    `/* ${layers.join('-')}, ${formatActivation(model.info.spec.hiddenActivation)}, ${task ?? 'softmax'}; made by edge-mlp.${usage(model, name)} */`,
    `#ifndef ${guard}`,
    `#define ${guard}`,
    '#include <math.h>',
    '',
    `#define ${name.toUpperCase()}_INPUTS ${sizeAt(layers, 0)}`,
    `#define ${name.toUpperCase()}_${task === 'regression' ? 'TARGETS' : 'CLASSES'} ${sizeAt(layers, -1)}`,
    ...defineThreshold(model.info, name),
    '',
    ...constants(model, name),
    '',
    ...functions(model, name),
    '',
    `#endif /* ${guard} */`,
    '',
  ].join('\n');
}

/** The recognition threshold, and its score as C. */
function defineThreshold({ recognition }: ModelInfo, name: string): string[] {
  if (recognition === undefined) return [];
  const upper = name.toUpperCase();
  const score = {
    entropy: `1 + (sum of p[o] * logf(p[o])) / logf(${upper}_CLASSES)`,
    'max-probability': 'the greatest p[o]',
  }[recognition.score];
  return [
    `/* A sample is recognized if ${score} is at least this. */`,
    `#define ${upper}_THRESHOLD ${literal(Math.fround(recognition.threshold))}`,
  ];
}

function usage({ info }: ModelFile, name: string): string {
  const inputs = {
    bytes: 'pixels from 0 to 1, which is bytes divided by 255',
    identity: 'numbers as the model was trained on',
    standard: 'features as they are measured: they are standardised here',
  }[info.scaling.kind];
  const outputs =
    info.targets === undefined
      ? 'it writes the\n   probabilities of the classes to p and returns the most likely one'
      : 'it writes the\n   targets to p, in the units of the training data';
  return `\n   ${name}_predict(x, p) reads ${sizeAt(info.spec.layers, 0)} ${inputs}; ${outputs}.`;
}

function constants({ info, parameters, quantized }: ModelFile, name: string): string[] {
  const { spec, classes, targets, scaling } = info;
  const lines = parameters.biases.flatMap((bias, l) => {
    const weights = quantized?.weights[l];
    const size = `${sizeAt(spec.layers, l + 1)} * ${sizeAt(spec.layers, l)}`;
    if (weights === undefined) {
      return [floats(`${name}_w${l}`, size, parameters.weights[l] ?? []), floats(`${name}_b${l}`, bias.length, bias)];
    }
    return [
      `static const signed char ${name}_w${l}[${size}] = {\n${wrapLines(Array.from(weights, String))}};`,
      floats(`${name}_s${l}`, bias.length, quantized?.scales[l] ?? []),
      floats(`${name}_b${l}`, bias.length, bias),
    ];
  });
  if (scaling.kind === 'standard') {
    const { mean, rest, deviation } = float32Standardisation(scaling);
    lines.push(floats(`${name}_mean`, mean.length, mean));
    lines.push(floats(`${name}_mean_rest`, rest.length, rest));
    lines.push(floats(`${name}_deviation`, deviation.length, deviation));
  }
  if (targets === undefined) return [...lines, names(`${name}_classes`, classes)];
  const { mean, rest, deviation } = float32Standardisation(targetScaling(targets));
  return [
    ...lines,
    names(
      `${name}_targets`,
      targets.map((target) => target.name),
    ),
    floats(`${name}_target_mean`, mean.length, mean),
    floats(`${name}_target_mean_rest`, rest.length, rest),
    floats(`${name}_target_deviation`, deviation.length, deviation),
  ];
}

function functions({ info, quantized }: ModelFile, name: string): string[] {
  const { spec, scaling } = info;
  const { layers } = spec;
  const depth = layers.length - 1;
  const [element, scaleParameter, scaled] =
    quantized === undefined ? ['float', '', 'sum'] : ['signed char', 'const float *s, ', 's[o] * sum'];
  // Only hidden layers use these buffers, to save memory.
  const widest = Math.max(0, ...layers.slice(1, -1));
  const steps = Array.from({ length: depth }, (_, l) => {
    const from = l === 0 ? (scaling.kind === 'standard' ? 'scaled' : 'x') : l % 2 === 1 ? 'even' : 'odd';
    const to = l === depth - 1 ? 'p' : l % 2 === 0 ? 'even' : 'odd';
    const scales = quantized === undefined ? '' : `${name}_s${l}, `;
    const [inputs, outputs] = [sizeAt(layers, l), sizeAt(layers, l + 1)];
    const call = `  ${name}_linear(${name}_w${l}, ${scales}${name}_b${l}, ${from}, ${inputs}, ${to}, ${outputs});`;
    const activation = activationAt(spec, l);
    if (l === depth - 1 || activation === 'identity') return call;
    return `${call}\n  ${functionName(name, activation)}(${to}, ${outputs});`;
  });
  const activations = new Set(layers.slice(2).map((_, l) => activationAt(spec, l)));
  return [
    `static inline void ${name}_linear(const ${element} *w, ${scaleParameter}const float *b, const float *x, int inputs,`,
    '                                float *y, int outputs) {',
    '  for (int o = 0; o < outputs; o++, w += inputs) {',
    '    float sum = 0.0f;',
    '    for (int i = 0; i < inputs; i++) sum += (float)w[i] * x[i];',
    `    y[o] = b[o] + ${scaled};`,
    '  }',
    '}',
    '',
    ...[...activations].flatMap((activation) =>
      activation === 'identity'
        ? []
        : [
            `static inline void ${functionName(name, activation)}(float *y, int outputs) {`,
            `  for (int o = 0; o < outputs; o++) y[o] = ${ACTIVATIONS[activation]};`,
            '}',
            '',
          ],
    ),
    `static inline ${spec.task === 'regression' ? 'void' : 'int'} ${name}_predict(const float x[${sizeAt(layers, 0)}], float p[${sizeAt(layers, -1)}]) {`,
    ...(scaling.kind === 'standard'
      ? [
          `  float scaled[${sizeAt(layers, 0)}];`,
          `  for (int i = 0; i < ${sizeAt(layers, 0)}; i++)`,
          `    scaled[i] = ((x[i] - ${name}_mean[i]) - ${name}_mean_rest[i]) / ${name}_deviation[i];`,
        ]
      : []),
    ...(depth > 1 ? [`  float even[${widest}];`] : []),
    ...(depth > 2 ? [`  float odd[${widest}];`] : []),
    ...steps,
    ...(spec.task === 'regression' ? unscale(name, sizeAt(layers, -1)) : softmax(sizeAt(layers, -1))),
    '}',
  ];
}

function functionName(name: string, activation: HiddenActivation): string {
  return `${name}_${activation.replaceAll('-', '_')}`;
}

/** From logits in p to probabilities, and the return of the most likely class. */
function softmax(classes: number): string[] {
  return [
    `  int best = 0;`,
    `  for (int o = 1; o < ${classes}; o++) if (p[o] > p[best]) best = o;`,
    '  float greatest = p[best], sum = 0.0f;',
    `  for (int o = 0; o < ${classes}; o++) sum += p[o] = expf(p[o] - greatest);`,
    `  for (int o = 0; o < ${classes}; o++) p[o] /= sum;`,
    '  return best;',
  ];
}

/** From standardised numbers in p to the units of the targets. */
function unscale(name: string, targets: number): string[] {
  return [
    `  for (int o = 0; o < ${targets}; o++)`,
    `    p[o] = (p[o] * ${name}_target_deviation[o] + ${name}_target_mean_rest[o]) + ${name}_target_mean[o];`,
  ];
}

function names(name: string, texts: readonly string[]): string {
  return `static const char *const ${name}[${texts.length}] = {${texts.map((text) => `"${escapeText(text)}"`).join(', ')}};`;
}

function floats(name: string, size: number | string, values: ArrayLike<number>): string {
  return `static const float ${name}[${size}] = {\n${wrapLines(Array.from(values, literal))}};`;
}

/** A float literal of C needs a point or an exponent. */
function literal(value: number): string {
  const text = shortest(value);
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

function wrapLines(texts: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const text of texts) {
    if (line.length + text.length > 110) {
      lines.push(line);
      line = '';
    }
    line += `${text},`;
  }
  return [...lines, line].join('\n');
}

/** The content of a C string: UTF-8, with octal escapes of three digits for bytes outside ASCII. */
function escapeText(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => {
    const plain = byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 && byte !== 63;
    return plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
  }).join('');
}
