/** The recognition threshold in every format, and thresholds that are refused. */
import { describe, expect, it } from 'vitest';
import {
  formatCHeader,
  formatJson,
  formatModel,
  formatSafetensors,
  type ModelFile,
  parseModel,
  parseSafetensors,
  quantizeModel,
} from '../../src/format/index.ts';
import { formatOnnx, parseOnnx } from '../../src/format/onnx/index.ts';
import { Mlp } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';

const mlp = Mlp.create(loadBuild(), { layers: [3, 5, 2], seed: 2 });
const recognition = { score: 'max-probability', threshold: Math.fround(0.7) } as const;
const info = { spec: mlp.spec, classes: ['no', 'yes'], scaling: { kind: 'identity' }, recognition } as const;
const model: ModelFile = { info, parameters: mlp.parameters() };

describe('a recognition threshold', () => {
  it('is in safetensors, also with int8 weights', () => {
    expect(parseModel(formatModel(model), 'm').info.recognition).toEqual(recognition);
    expect(parseModel(formatModel(quantizeModel(model)), 'm').info.recognition).toEqual(recognition);
  });

  it('is in ONNX, JSON and the C header', () => {
    expect(parseOnnx(formatOnnx(model), 'm').info).toEqual(info);
    expect(JSON.parse(formatJson(model)).recognition).toEqual(recognition);
    expect(formatCHeader(model, 'gate')).toContain(
      'the greatest p[o] is at least this. */\n#define GATE_THRESHOLD 0.7f\n',
    );
    const byEntropy = { ...model, info: { ...info, recognition: { ...recognition, score: 'entropy' as const } } };
    expect(parseOnnx(formatOnnx(byEntropy), 'm').info).toEqual(byEntropy.info);
    expect(formatCHeader(byEntropy, 'gate')).toContain('1 + (sum of p[o] * logf(p[o])) / logf(GATE_CLASSES)');
  });

  it('is absent from files of models without one', () => {
    const { recognition: _, ...rest } = info;
    const plain = { ...model, info: rest };
    for (const file of [parseModel(formatModel(plain), 'm'), parseOnnx(formatOnnx(plain), 'm')]) {
      expect(Object.keys(file.info)).not.toContain('recognition');
    }
    expect(formatJson(plain)).not.toContain('recognition');
    expect(formatCHeader(plain, 'gate')).not.toContain('THRESHOLD');
  });

  it.each([
    [{ ...recognition, threshold: 1.5 }, 'recognition.threshold: expected a number from 0 to 1, got 1.5'],
    [{ ...recognition, threshold: -0.1 }, 'recognition.threshold: expected a number from 0 to 1, got -0.1'],
    [{ ...recognition, threshold: null }, 'recognition.threshold: expected a number from 0 to 1, got null'],
    [{ ...recognition, threshold: '0.5' }, 'recognition.threshold: expected a number from 0 to 1, got "0.5"'],
    [{ ...recognition, score: 'energy' }, 'recognition.score: expected one of entropy, max-probability, got "energy"'],
    [{ threshold: 0.5 }, 'recognition.score: expected one of entropy, max-probability, got nothing'],
    [0.5, 'recognition: expected an object, got 0.5'],
  ])('%j is refused in files, and not written', (wrong, message) => {
    const file = parseSafetensors(formatModel(model), 'm');
    const changed = formatSafetensors({ ...file, metadata: { ...file.metadata, recognition: JSON.stringify(wrong) } });
    expectRefusal(() => parseModel(changed, 'm'), 'bad-model', `m: ${message}`);
    const written = { ...model, info: { ...info, recognition: wrong as never } };
    for (const format of [formatModel, formatOnnx, formatJson]) {
      expectRefusal(() => format(written), 'bad-model', message);
    }
  });

  it('does not fit a regression', () => {
    using regression = Mlp.create(loadBuild(), { layers: [3, 1], task: 'regression' });
    const targets = [{ name: 'y', mean: 0, standardDeviation: 1 }];
    const written = {
      info: { ...info, spec: regression.spec, classes: [], targets },
      parameters: regression.parameters(),
    };
    const message = 'recognition: expected nothing, as the network is a regression';
    expectRefusal(() => formatModel(written), 'bad-model', message);
  });
});
