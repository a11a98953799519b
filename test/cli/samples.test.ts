import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { expect, it } from 'vitest';
import { readInput, readSamples } from '../../cli/data/samples.ts';
import type { ModelInfo } from '../../src/format/index.ts';
import { temporaryFolder } from '../support/cli.ts';

it('accepts a PNG only for models that take images of bytes', async () => {
  const file = join(temporaryFolder(), 'picture.png');
  const data = new Uint8Array(784);
  for (let row = 6; row < 22; row++) data.fill(255, 28 * row + 12, 28 * row + 15);
  writeFileSync(file, encode({ width: 28, height: 28, data, channels: 1, depth: 8 }));
  const spec = { layers: [784, 10], hiddenActivation: 'sigmoid' } as const;
  const info = { spec, classes: [], imageShape: [28, 28], scaling: { kind: 'bytes' } } as const satisfies ModelInfo;
  const input = await readInput(file);
  expect(await readSamples(input, info)).toHaveLength(784);
  for (const other of [{ scaling: { kind: 'identity' } as const }, { imageShape: [14, 56] as const }]) {
    await expect(readSamples(input, { ...info, ...other })).rejects.toThrow('picture.png: expected numbers');
  }
});
