/** Descriptions of model files of other programs. */
import { describe, expect, it } from 'vitest';
import { scaleInputs } from '../../src/data/scaling.ts';
import { createMlp, describeModel, type ModelFile, parseDescription } from '../../src/format/index.ts';
import { Mlp } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';

const kernels = loadBuild();
const mlp = Mlp.create(kernels, { layers: [4, 5, 3], seed: 2 });
const plain: ModelFile = {
  info: { spec: mlp.spec, classes: ['0', '1', '2'], scaling: { kind: 'identity' } },
  parameters: mlp.parameters(),
};
const STANDARD = { kind: 'standard' as const, mean: [0.1, 0.2, 0.3, 0.4], standardDeviation: [0.5, 0.25, 2, 1] };
const standard: ModelFile = { ...plain, info: { ...plain.info, scaling: STANDARD } };
const PIXELS = Uint8Array.of(0, 51, 102, 255);
const SHARES = Float32Array.from(PIXELS, (pixel) => pixel / 255);

function expectNear(actual: Float32Array, expected: Float32Array): void {
  for (const [label, probability] of expected.entries()) expect(actual[label]).toBeCloseTo(probability, 6);
}

describe('a described model', () => {
  it('has the given names, image and scaling; the rest is unchanged', () => {
    const named = describeModel(plain, parseDescription({ classes: 'a, b,c', features: 'p,q,r,s', scaling: 'bytes' }));
    const scaling = { kind: 'bytes' };
    expect(named.info).toEqual({ ...plain.info, classes: ['a', 'b', 'c'], features: ['p', 'q', 'r', 's'], scaling });
    expect(describeModel(plain, {})).toEqual(plain);
    expect(describeModel(standard, { features: ['p', 'q', 'r', 's'] }).info.scaling).toEqual(STANDARD);
    expect(describeModel(standard, { scaling: 'identity' }).info.scaling).toEqual(STANDARD);
    const picture = describeModel(plain, parseDescription({ image: '1x4' }));
    expect(picture.info).toMatchObject({ imageShape: [1, 4], scaling: { kind: 'bytes' } });
    expect(describeModel(plain, { image: [2, 2], scaling: 'identity' }).info.scaling).toEqual({ kind: 'identity' });
  });

  it('keeps a standardisation of features, and absorbs one of pixels into its first layer: the same predictions', () => {
    const { mean, standardDeviation: std } = STANDARD;
    expect(describeModel(plain, { mean, std })).toEqual(standard);
    const expected = mlp.predict(scaleInputs(SHARES, STANDARD)).probabilities;
    const given = describeModel(plain, { image: [2, 2], mean, std });
    // The standardisation of a file that is described as pixels is not lost.
    const said = describeModel(standard, { image: [2, 2] });
    for (const model of [given, said]) {
      expect(model.info.scaling).toEqual({ kind: 'bytes' });
      expectNear(createMlp(kernels, model).predict(PIXELS).probabilities, expected);
    }
    const one = describeModel(plain, parseDescription({ scaling: 'bytes', mean: '0.1307', std: '0.3081' }));
    const normalized = SHARES.map((share) => (share - 0.1307) / 0.3081);
    expectNear(createMlp(kernels, one).predict(PIXELS).probabilities, mlp.predict(normalized).probabilities);
  });

  it('has the names of the targets of a regression', () => {
    const target = { name: '0', mean: 5, standardDeviation: 2 };
    const info = { spec: { ...mlp.spec, task: 'regression' as const }, classes: [], scaling: plain.info.scaling };
    const regression = { ...plain, info: { ...info, targets: [target, target, target] } };
    const named = describeModel(regression, parseDescription({ task: 'regression', targets: 'a,b,c' }));
    expect(named.info.targets).toEqual(['a', 'b', 'c'].map((name) => ({ ...target, name })));
  });

  it('refuses a description that does not fit', () => {
    const refused = (model: ModelFile, texts: Parameters<typeof parseDescription>[0], message: string) =>
      expectRefusal(() => describeModel(model, parseDescription(texts)), 'bad-argument', message);
    refused(standard, { mean: '1', std: '1' }, 'mean and std: expected nothing, as the file has a standardisation');
    refused(plain, { task: 'clustering' }, 'task: expected classification or regression, got clustering');
    refused(plain, { targets: 'price' }, 'targets: expected 0 different names, got ["price"]');
    refused(plain, { mean: '1' }, 'mean and std: expected both, got one');
    refused(plain, { std: '1' }, 'mean and std: expected both, got one');
    refused(plain, { image: '0x4' }, 'image: expected rows and columns, as 28x28, got 0x4');
    for (const image of ['4x0', '4', '4x', '4x1x1', 'ax4', '123456x1'])
      refused(plain, { image }, 'image: expected rows');
    refused(plain, { image: '2x3' }, 'image: expected rows and columns of 4 pixels, got 2x3');
    refused(plain, { classes: 'a,b' }, 'classes: expected 3 different names, got ["a","b"]');
    // Names may be long: a message has 200 characters of them.
    refused(plain, { classes: 'x'.repeat(300) }, `3 different names, got ["${'x'.repeat(198)}`);
    expect(() => describeModel(plain, { classes: ['x'.repeat(300)] })).toThrow(/x{198}$/);
    refused(plain, { classes: 'a,b,a' }, 'classes: expected 3 different names');
    refused(plain, { classes: 'a,b,' }, 'classes: expected 3 different names');
    refused(plain, { features: 'a,b,c' }, 'features: expected 4 different names');
    refused(plain, { pictures: 'as-is' }, 'pictures: expected rows and columns of an image, as in image, got as-is');
    refused(plain, { pictures: 'stretched' }, 'pictures: expected as-is or centred, got stretched');
    refused(plain, { scaling: 'standard' }, 'scaling: expected bytes or identity, got standard');
    refused(plain, { mean: '1,2', std: '1' }, 'mean: expected 1 or 4 numbers, got 2');
    refused(plain, { mean: '1', std: '1,2,3' }, 'std: expected 1 or 4 numbers, got 3');
    refused(plain, { mean: '1', std: '1,0,1,1' }, 'std: expected numbers above 0, got 1,0,1,1');
    refused(plain, { mean: 'x', std: '1' }, 'mean: expected comma-separated numbers, got x');
    refused(plain, { mean: '1,,2', std: '1' }, 'mean: expected comma-separated numbers, got 1,,2');
  });
});
