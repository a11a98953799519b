/** The C header, compiled by the compiler of the system and compared with the kernels; and JSON, read by JSON.parse. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HIDDEN_ACTIVATIONS } from '../../src/core/spec.ts';
import { createMlp, formatCHeader, formatJson, type ModelFile, quantizeModel } from '../../src/format/index.ts';
import { Mlp, unscaleTargets } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';
import { noise } from '../support/numbers.ts';
import { AVAILABLE } from '../support/tools.ts';

const kernels = loadBuild();

function buildModel(layers: readonly number[], change: Partial<ModelFile['info']> = {}): ModelFile {
  const hiddenActivation = change.spec?.hiddenActivation ?? 'sigmoid';
  using mlp = Mlp.create(kernels, { layers, hiddenActivation, seed: 7 });
  const classes = Array.from({ length: layers.at(-1) ?? 0 }, (_, label) => `c${label}`);
  return { info: { classes, scaling: { kind: 'identity' }, ...change, spec: mlp.spec }, parameters: mlp.parameters() };
}

/** The class, its name and the probabilities of each row of x, by a program with the header. */
function runHeader(model: ModelFile, name: string, x: Float32Array): { label: number; class: string; p: number[] }[] {
  const upper = name.toUpperCase();
  const rows = compileAndRun(
    model,
    name,
    x,
    `float p[${upper}_CLASSES];
    int label = ${name}_predict(x, p);
    printf("%d\\t%s", label, ${name}_classes[label]);
    for (int o = 0; o < ${upper}_CLASSES; o++) printf("\\t%.9g", p[o]);
    puts("");`,
  );
  return rows.map(([label = '', shown = '', ...p]) => ({ label: Number(label), class: shown, p: p.map(Number) }));
}

/** Compiles a program with the header, whose `body` prints a line of cells for a row `x`. Returns the cells by row. */
function compileAndRun(model: ModelFile, name: string, x: Float32Array, body: string): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-c-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const upper = name.toUpperCase();
  writeFileSync(join(folder, 'model.h'), formatCHeader(model, name));
  writeFileSync(
    join(folder, 'main.c'),
    `#include <stdio.h>
#include "model.h"
int main(void) {
  float x[${upper}_INPUTS];
  while (fread(x, sizeof x, 1, stdin) == 1) {
    ${body}
  }
  return 0;
}
`,
  );
  const flags = ['-std=c99', '-O1', '-Wall', '-Wextra', '-Werror', '-pedantic', '-Wconversion', '-Wno-sign-conversion'];
  execFileSync('cc', [...flags, 'main.c', '-o', 'main', '-lm'], { cwd: folder, stdio: 'pipe' });
  const text = execFileSync(join(folder, 'main'), { input: Buffer.from(x.buffer), encoding: 'utf8' });
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split('\t'));
}

function expectSame(
  model: ModelFile,
  tolerance = 1e-6,
  x = Float32Array.from(noise(20 * (model.info.spec.layers[0] ?? 0), 5), (value) => 3 * value),
): void {
  const [columns = 0] = model.info.spec.layers;
  const { scaling } = model.info;
  const scaled =
    scaling.kind === 'standard'
      ? x.map((value, i) => (value - (scaling.mean[i % columns] ?? 0)) / (scaling.standardDeviation[i % columns] ?? 0))
      : x;
  using mlp = createMlp(kernels, model);
  const { labels, probabilities } = mlp.predictBatch(scaled);
  const answers = runHeader(model, 'net', x);
  expect(answers).toHaveLength(20);
  answers.forEach(({ label, class: shown, p }, n) => {
    expect(label).toBe(labels[n]);
    expect(shown).toBe(model.info.classes[label]);
    p.forEach((each, o) => {
      expect(Math.abs(each - (probabilities[n * p.length + o] ?? 2))).toBeLessThan(tolerance);
    });
  });
}

describe.runIf(AVAILABLE.compiler)('a C header, compiled by cc', () => {
  it.each(HIDDEN_ACTIVATIONS)('%s, four layers: the probabilities of the kernels', (hiddenActivation) => {
    expectSame(buildModel([9, 20, 13, 7, 3], { spec: { layers: [], hiddenActivation } }));
  });

  it('one activation for each layer', () => {
    const hiddenActivation = ['gelu', 'identity', 'leaky-relu', 'gelu'] as const;
    const model = buildModel([9, 20, 13, 7, 8, 3], { spec: { layers: [], hiddenActivation } });
    expectSame(model);
    const header = formatCHeader(model, 'net');
    expect(header).toContain('9-20-13-7-8-3, gelu+identity+leaky-relu+gelu, softmax');
    expect(header.match(/static inline void net_\w+/g)).toEqual([
      ...['net_linear', 'net_gelu', 'net_leaky_relu'].map((name) => `static inline void ${name}`),
    ]);
  });

  it('softmax regression, and standardised features', () => {
    const [mean, deviation] = [noise(5, 1), noise(5, 2).map((value) => 1.5 + value)];
    expectSame(buildModel([5, 3], { scaling: { kind: 'standard', mean, standardDeviation: deviation } }));
  });

  it('a time in seconds, whose mean float32 cannot represent, is standardised as in float64', () => {
    const scaling = { kind: 'standard', mean: [1700000061.3, 101325.07], standardDeviation: [60, 0.05] } as const;
    const x = Float32Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1.7e9 + 16 * i : 101325 + i / 128));
    expectSame(buildModel([2, 6, 3], { scaling }), 1e-6, x);
  });

  it('int8 weights stay bytes', () => {
    const model = quantizeModel(buildModel([40, 30, 4]));
    expect(formatCHeader(model, 'net')).toContain('static const signed char net_w0[30 * 40] = {');
    // The kernels round inputs to integers; the header does not.
    expectSame(model, 1e-3);
  });

  it('names of classes in any script, quoted', () => {
    expectSame(buildModel([2, 3], { classes: ['größer "1"', '\\n??/', '数字 1'] as string[] }));
  });
});

describe.runIf(AVAILABLE.compiler)('a C header of a regression, compiled by cc', () => {
  it.each([false, true])('writes the values in the units of the targets, int8 %j', (int8) => {
    using mlp = Mlp.create(kernels, { layers: [4, 9, 2], task: 'regression', seed: 3 });
    const targets = [
      { name: 'price "net"', mean: 1700000061.3, standardDeviation: 250.5 },
      { name: 'area', mean: -3.25, standardDeviation: 0.01 },
    ];
    const info = { spec: mlp.spec, classes: [], targets, scaling: { kind: 'identity' } } as const;
    const float32 = { info, parameters: mlp.parameters() };
    const model = int8 ? quantizeModel(float32) : float32;
    const x = Float32Array.from(noise(40, 8));
    using same = createMlp(kernels, model);
    const expected = unscaleTargets(same.predictValues(x), targets);
    const print = 'for (int o = 0; o < NET_TARGETS; o++) printf("%.9g %s\\t", p[o], net_targets[o]); puts("");';
    const rows = compileAndRun(model, 'net', x, `float p[NET_TARGETS]; net_predict(x, p); ${print}`);
    expect(rows).toHaveLength(10);
    rows.flat().forEach((cell, i) => {
      const [value = '', ...name] = cell.split(' ');
      const { standardDeviation = 1, name: title } = targets[i % 2] ?? {};
      expect(name.join(' ')).toBe(title);
      // A float32 near 1.7e9 is a multiple of 128.
      const tolerance = i % 2 === 0 ? 64 : 1e-6;
      expect(Math.abs(Number(value) - (expected[i] ?? 0))).toBeLessThanOrEqual(
        tolerance + 2e-3 * Number(int8) * standardDeviation,
      );
    });
  });
});

describe('a C header', () => {
  it.each(['2nd net', '', 'a-b', 'a b', 'ä', ' a', 'a '])('the C name %j is refused', (name) => {
    const message = `name: expected letters, digits and _, got ${JSON.stringify(name)}`;
    expectRefusal(() => formatCHeader(buildModel([2, 2]), name), 'bad-argument', message);
  });

  it('has lines of numbers that are as long as possible, of at most 111 characters', () => {
    for (const model of [buildModel([40, 30]), quantizeModel(buildModel([40, 30]))]) {
      const [, numbers = ''] = /w0\[30 \* 40\] = \{\n(.*?)\};/s.exec(formatCHeader(model, 'n')) ?? [];
      const lines = numbers.split('\n');
      expect(numbers.split(',').length).toBe(1201);
      expect(lines.length).toBeGreaterThan(10);
      lines.forEach((line, i) => {
        const [next] = lines[i + 1]?.split(',') ?? [];
        expect(line.length).toBeLessThanOrEqual(111);
        if (next !== undefined) expect(line.length + next.length).toBeGreaterThan(110);
      });
    }
  });

  it('says what the inputs are, and has only the functions and buffers that it needs', () => {
    const header = (layers: readonly number[], change: Partial<ModelFile['info']> = {}) =>
      formatCHeader(buildModel(layers, change), 'n_1');
    expect(header([2, 2])).toContain('/* 2-2, sigmoid, softmax; made by edge-mlp.');
    expect(header([2, 2])).toContain('n_1_predict(x, p) reads 2 numbers as the model was trained on; it writes');
    expect(header([2, 2], { scaling: { kind: 'bytes' } })).toContain('reads 2 pixels from 0 to 1, which is bytes');
    const standard = header([1, 2], { scaling: { kind: 'standard', mean: [1], standardDeviation: [2] } });
    expect(standard).toContain('reads 1 features as they are measured: they are standardised here');
    const parts = ['_sigmoid(', 'float even[', 'float odd[', 'float scaled['];
    const count = (text: string) => parts.map((part) => text.includes(part));
    expect(count(header([2, 2]))).toEqual([false, false, false, false]);
    expect(count(header([2, 5, 2]))).toEqual([true, true, false, false]);
    expect(count(header([2, 5, 7, 2]))).toEqual([true, true, true, false]);
    expect(count(standard)).toEqual([false, false, false, true]);
    expect(header([2, 5, 7, 9])).toContain('float even[7];');
    expect(header([2, 2])).toMatch(/#ifndef N_1_H\n#define N_1_H\n[\s\S]*\n#endif \/\* N_1_H \*\/\n$/);
  });
});

describe('JSON', () => {
  it('has every number: parsed as float32, they have the same bits', () => {
    const model = buildModel([6, 5, 3], { features: ['a', 'b', 'c', 'd', 'e', 'f'] });
    const read = JSON.parse(formatJson(model));
    expect(read).toMatchObject({
      format: 'edge-mlp',
      layers: [6, 5, 3],
      hiddenActivation: 'sigmoid',
      classes: ['c0', 'c1', 'c2'],
    });
    const weights = read.parameters.map(({ weight }: { weight: number[][] }) => Float32Array.from(weight.flat()));
    expect(weights).toEqual(model.parameters.weights);
    expect(read.parameters.map(({ bias }: { bias: number[] }) => Float32Array.from(bias))).toEqual(
      model.parameters.biases,
    );
    expect(read.parameters[0].weight).toHaveLength(5);
    expect(read.features).toEqual(model.info.features);
  });

  it('numbers of every size are read back', () => {
    const model = buildModel([4, 2]);
    const odd = Float32Array.of(1e-45, 3.4028235e38, -1.1754944e-38, 16777217, 0.1, -0, 1 / 3, 123456789);
    const read = JSON.parse(formatJson({ ...model, parameters: { ...model.parameters, weights: [odd] } }));
    expect(Float32Array.from(read.parameters[0].weight.flat())).toEqual(odd);
  });
});
