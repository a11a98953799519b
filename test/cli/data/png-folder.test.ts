/** Folders of PNG files, as data sets. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { loadPngFolder } from '../../../cli/data/png-folder.ts';
import { withFingerprint } from '../../../cli/hash.ts';
import { temporaryFolder } from '../../support/cli.ts';

/** Grey levels that tell x from y. */
function png(width: number, height: number, shade = 0): Uint8Array {
  const data = Uint8Array.from({ length: width * height }, (_, i) => shade + 10 * Math.floor(i / width) + (i % width));
  return encode({ width, height, channels: 1, depth: 8, data });
}

function makeFolder(files: Record<string, Uint8Array | string>): string {
  const folder = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const TWO = { 'cat/1.png': png(3, 2, 100), 'dog/1.png': png(3, 2, 200) };

describe('a folder of PNG files for each class', () => {
  it('sorts classes like CSV labels, sorts files by name, and keeps grey levels', async () => {
    // Made in another order than they are read in.
    const files = {
      '10/b.png': png(3, 2, 40),
      '9/a.PNG': png(3, 2, 30),
      '10/a.png': png(3, 2, 50),
      'x y/é.png': png(3, 2, 60),
    };
    const { training, test } = await loadPngFolder(makeFolder(files));
    expect(training.classes).toEqual(['9', '10', 'x y']);
    expect([...training.labels]).toEqual([0, 1, 1, 2]);
    expect([...training.inputs.subarray(0, 6)]).toEqual([30, 31, 32, 40, 41, 42]);
    expect([6, 12, 18].map((i) => training.inputs[i])).toEqual([50, 40, 60]);
    expect(training).toMatchObject({ columns: 6, imageShape: [2, 3], pictures: 'as-is', scaling: { kind: 'bytes' } });
    expect(test).toBeUndefined();
    const again = await loadPngFolder(makeFolder(Object.fromEntries(Object.entries(files).reverse())));
    expect(withFingerprint(again.training).sha256).toBe(withFingerprint(training).sha256);
  });

  it('reads the parts train and test, with the classes of train', async () => {
    const folder = makeFolder({ 'train/a/1.png': png(2, 2), 'train/b/1.png': png(2, 2), 'test/b/1.png': png(2, 2, 7) });
    const { training, test } = await loadPngFolder(folder);
    expect([...training.labels]).toEqual([0, 1]);
    expect([...(test?.labels ?? [])]).toEqual([1]);
    expect(test?.classes).toEqual(['a', 'b']);
    expect(test?.inputs[0]).toBe(7);
  });

  it('accepts classes with the names train and test', async () => {
    const { training } = await loadPngFolder(makeFolder({ 'train/1.png': png(2, 2), 'bus/1.png': png(2, 2) }));
    expect(training.classes).toEqual(['bus', 'train']);
  });

  it('ignores the hidden files of operating systems, and follows links', async () => {
    const folder = makeFolder({
      ...TWO,
      'cat/.DS_Store': 'x',
      'dog/Thumbs.db': 'x',
      'README.txt': 'x',
      '.git/config': 'x',
    });
    symlinkSync(join(folder, 'cat', '1.png'), join(folder, 'dog', '2.png'));
    symlinkSync('cat', join(folder, 'emu'));
    const { training } = await loadPngFolder(folder);
    expect(training.classes).toEqual(['cat', 'dog', 'emu']);
    expect([...training.labels]).toEqual([0, 1, 1, 2]);
    expect(training.inputs[12]).toBe(100);
  });

  it('centres drawings in images of any size', async () => {
    const bar = (width: number, height: number) => {
      const data = new Uint8Array(width * height).fill(255);
      for (let y = 2; y < height - 2; y++) data[y * width + 3] = 0;
      return encode({ width, height, channels: 1, depth: 8, data });
    };
    const files = { 'a/1.png': bar(40, 24), 'b/1.png': bar(64, 44) };
    const { training } = await loadPngFolder(makeFolder(files), { pictures: 'centred' });
    expect(training).toMatchObject({ imageShape: [28, 28], columns: 784, pictures: 'centred' });
    // A box of 20 rows, in the middle of black.
    const rows = Array.from({ length: 28 }, (_, y) =>
      training.inputs.subarray(28 * y, 28 * y + 28).some((value) => value > 0),
    );
    expect(rows.filter(Boolean)).toHaveLength(20);
    expect(training.inputs.subarray(0, 784)).toEqual(training.inputs.subarray(784));
    await expect(loadPngFolder(makeFolder(files))).rejects.toThrow(
      /b.1\.png: expected 40 × 24 pixels, the size of .*a.1\.png, got 64 × 44; --pictures centred/,
    );
  });

  it('reports progress', async () => {
    const seen: string[] = [];
    await loadPngFolder(
      makeFolder({ 'train/a/1.png': png(2, 2), 'train/b/1.png': png(2, 2), 'test/b/1.png': png(2, 2) }),
      {
        onProgress: (done, total) => seen.push(`${done}/${total}`),
      },
    );
    expect(seen).toEqual(['1/3', '2/3', '3/3']);
  });

  const bomb = png(3, 2).slice();
  new DataView(bomb.buffer).setUint32(16, 60_000);
  it.each<[string, Record<string, Uint8Array | string>, RegExp, object?]>([
    ['a broken file', { ...TWO, 'dog/2.png': png(3, 2).subarray(0, 50) }, /dog.2\.png: expected a readable PNG/],
    ['text', { ...TWO, 'dog/2.png': 'hello' }, /dog.2\.png: expected a PNG file, got another file of 5 bytes/],
    ['a bomb', { ...TWO, 'cat/0.png': bomb }, /cat.0\.png: expected an image of at most 8,192 pixels per side/],
    [
      'another kind',
      { ...TWO, 'dog/2.jpg': 'x' },
      /dog.2\.jpg: expected only \.png files in the folder of a class, got another file/,
    ],
    [
      'folders in classes',
      { ...TWO, 'dog/old/1.png': png(3, 2) },
      /dog.old: expected only \.png files .* got a folder/,
    ],
    ['an empty class', { ...TWO, 'emu/.keep': '' }, /emu: expected \.png files of the class, got none/],
    ['one class', { 'cat/1.png': png(3, 2) }, /expected at least two classes, got cat/],
    [
      'pictures outside of the classes',
      { ...TWO, '1.png': png(3, 2) },
      /1\.png: expected pictures only in the folders of the classes/,
    ],
    [
      'other sizes',
      { ...TWO, 'dog/2.png': png(2, 3) },
      /dog.2\.png: expected 3 × 2 pixels, the size of .*cat.1\.png, got 2 × 3/,
    ],
    [
      'other sizes in test',
      { 'train/a/1.png': png(3, 2), 'train/b/1.png': png(3, 2), 'test/a/1.png': png(3, 3) },
      /test.a.1\.png: expected 3 × 2/,
    ],
    [
      'a class only in test',
      { 'train/a/1.png': png(3, 2), 'train/b/1.png': png(3, 2), 'test/c/1.png': png(3, 2) },
      /test.c: expected one of the classes a, b, got c/,
    ],
    [
      'a class that the model lacks',
      TWO,
      /dog: expected one of the classes cat, cow, got dog/,
      { classes: ['cat', 'cow'] },
    ],
    [
      "another size than the model's",
      TWO,
      /cat.1\.png: expected 4 × 4 pixels, the size of the model/,
      { imageShape: [4, 4] },
    ],
    [
      'a blank image to centre',
      { ...TWO, 'cat/0.png': png(3, 2) },
      /cat.0\.png: expected a digit, got a blank image/,
      { pictures: 'centred' },
    ],
  ])('refuses %s, by its path', async (_, files, message, options) => {
    await expect(loadPngFolder(makeFolder(files), options)).rejects.toThrow(message);
  });
});
