/** Learning from corrections in the page's worker: the bits of the library's learner, also after an undo. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import { appendCorrections, type Correction, createCorrections } from '../../src/core/corrections.ts';
import { digitsDataset, ellipseDataset } from '../../src/data/index.ts';
import { parseModel } from '../../src/format/index.ts';
import { Mlp, replay } from '../../src/index.ts';
import { CorrectedNetwork } from '../../web/correction/corrected-network.ts';
import { loadBuild } from '../support/kernels.ts';

const kernels = loadBuild();
const bytes = readFileSync(new URL('../../models/mnist-784-300-10.int8.safetensors', import.meta.url));
const { info, parameters } = parseModel(bytes, 'the bundled model');

/** Generated digits with the labels of other digits, so that each correction changes the weights. */
function createMistakes(count: number): Correction[] {
  const { inputs } = digitsDataset({ samples: count, seed: 9 });
  return Array.from({ length: count }, (_, n) => ({
    inputs: inputs.slice(784 * n, 784 * (n + 1)),
    labels: Uint16Array.of((n + 3) % 10),
  }));
}

it('the bundled model answers a correction with its class at once, and keeps most of what it knew', () => {
  const network = new CorrectedNetwork(kernels, info, parameters);
  const [mistake] = createMistakes(1);
  if (mistake === undefined) throw new Error('no correction');
  network.learn(mistake);
  using mlp = Mlp.fromParameters(kernels, { ...info.spec, ...network.parameters });
  expect(mlp.predict(mistake.inputs).label).toBe(3);
  const { samples, before, now } = network.retention ?? { samples: 0, before: 0, now: 0 };
  expect(samples).toBe(500);
  expect(before).toBeGreaterThan(480);
  expect(now).toBeGreaterThan(0.95 * before);
});

it('has the same bits after an undo as without the correction, across a snapshot', () => {
  const spec = { ...info.spec, layers: [784, 16, 10] };
  using mlp = Mlp.create(kernels, { ...spec, seed: 1 });
  const network = new CorrectedNetwork(kernels, { ...info, spec }, mlp.parameters());
  const hash = () => weightsSha256(network.parameters);
  const states = [hash()];
  for (const mistake of createMistakes(9)) {
    network.learn(mistake);
    states.push(hash());
  }
  expect(new Set(states).size).toBe(10);
  for (let left = 8; left >= 0; left--) {
    network.undo();
    expect([left, hash()]).toEqual([left, states[left]]);
  }
  network.undo();
  expect(hash()).toBe(states[0]);
});

it('learns without rehearsal if no generated samples suit the network', () => {
  const own = {
    spec: { layers: [2, 4, 2], hiddenActivation: 'tanh' },
    classes: ['a', 'b'],
    scaling: { kind: 'identity' },
  } as const;
  using mlp = Mlp.create(kernels, { ...own.spec, seed: 1 });
  const network = new CorrectedNetwork(kernels, own, mlp.parameters());
  expect(network.retention).toBeUndefined();
  const correction = { inputs: Float32Array.of(0.2, -0.4), labels: Uint16Array.of(1) };
  network.learn(correction);
  const set = appendCorrections(createCorrections(own), [correction]);
  replay(mlp, { examples: 0, parameters: mlp.parameters() }, set, undefined);
  expect(network.parameters).toEqual(mlp.parameters());
});

it('rehearses the generated set that the network was trained on', () => {
  const { classes } = ellipseDataset({ samples: 1, seed: 1 });
  const dataset = { name: 'ellipse', samples: 1, sha256: '' };
  const provenance = { dataset } as unknown as NonNullable<typeof info.provenance>;
  const own = {
    spec: { layers: [2, 4, 2], hiddenActivation: 'tanh' },
    classes,
    scaling: { kind: 'identity' },
    provenance,
  } as const;
  using mlp = Mlp.create(kernels, { ...own.spec, seed: 1 });
  expect(new CorrectedNetwork(kernels, own, mlp.parameters()).retention?.samples).toBe(500);
});
