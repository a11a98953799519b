/**
 * Named sets in local folders and on servers of the loopback address. Small files with their own checksums replace the
 * real ones.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchIdxSet, loadIdxSet } from '../../../cli/data/idx-sets/load.ts';
import { type Checksum, IDX_PARTS, IDX_SETS, type IdxPart, type IdxSet } from '../../../cli/data/idx-sets/table.ts';
import { sha256 } from '../../../cli/hash.ts';
import { formatIdx } from '../../../src/data/index.ts';
import { edgeMlp, temporaryFolder } from '../../support/cli.ts';
import { serve } from '../../support/http.ts';

/** A folder with the real MNIST. */
const real = process.env.EDGE_MLP_DATA;
const findSet = (name: string) => IDX_SETS.find((set) => set.name === name) as IdxSet;

/** An asymmetric picture: 7 in the top right corner, and 1, 2, 3 on the left side. */
function picture(mark: number): Uint8Array {
  const pixels = new Uint8Array(784);
  pixels[27] = 7;
  for (let y = 0; y < 3; y++) pixels[28 * (y + 1)] = y + 1;
  pixels[28 * 14 + 14] = mark;
  return pixels;
}
const transpose = (pixels: Uint8Array) => pixels.map((_, i) => pixels[28 * (i % 28) + Math.floor(i / 28)] ?? 0);

interface SmallSet {
  readonly set: IdxSet;
  /** gzip files by name. */
  readonly files: Record<string, Uint8Array>;
}

/** A set with the names and properties of `known`, with two training samples and one test sample. */
function createSmallSet(
  known: IdxSet,
  { kind, labels = [3, 9], mark = 50 }: { kind: Pick<Checksum, 'of' | 'algorithm'>; labels?: number[]; mark?: number },
): SmallSet {
  const stored = (pixels: Uint8Array) => (known.transposed ? transpose(pixels) : pixels);
  const images = (marks: number[]) =>
    formatIdx({ shape: [marks.length, 28, 28], data: Uint8Array.from(marks.flatMap((m) => [...stored(picture(m))])) });
  const contents: Record<IdxPart, Uint8Array<ArrayBuffer>> = {
    trainImages: images([mark, mark + 1]),
    trainLabels: formatIdx({ shape: [2], data: Uint8Array.from(labels) }),
    testImages: images([mark + 2]),
    testLabels: formatIdx({ shape: [1], data: Uint8Array.from(labels.slice(0, 1)) }),
  };
  const packed = (part: IdxPart) => new Uint8Array(gzipSync(contents[part]));
  const describeFile = (part: IdxPart) => {
    const content = kind.of === 'packed' ? packed(part) : contents[part];
    const hex = kind.algorithm === 'md5' ? createHash('md5').update(content).digest('hex') : sha256(content);
    return { name: known.files[part].name, checksum: { ...kind, hex } };
  };
  const files = Object.fromEntries(IDX_PARTS.map((part) => [part, describeFile(part)])) as IdxSet['files'];
  return {
    set: { ...known, samples: { training: 2, test: 1 }, files, installed: '/none' },
    files: Object.fromEntries(IDX_PARTS.map((part) => [`${known.files[part].name}.gz`, packed(part)])),
  };
}

const UNPACKED = { of: 'unpacked', algorithm: 'sha256' } as const;
const PACKED = { of: 'packed', algorithm: 'sha256' } as const;
const PACKED_MD5 = { of: 'packed', algorithm: 'md5' } as const;

beforeEach(() => {
  vi.stubEnv('EDGE_MLP_DATA', '');
  vi.stubEnv('EDGE_MLP_MIRRORS', 'http://127.0.0.1:9');
  vi.stubEnv('EDGE_MLP_CACHE', join(temporaryFolder(), 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const serveFiles =
  (files: Record<string, Uint8Array>): RequestListener =>
  (request, response) => {
    const file = files[request.url?.split('/').at(-1) ?? ''];
    if (file === undefined) response.writeHead(404).end();
    else response.end(file);
  };

function put(folder: string, files: Record<string, Uint8Array>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
}

describe('the table of named sets', () => {
  it('has every set once, with its classes and with separate folders and checksums', () => {
    expect(IDX_SETS.map(({ name }) => name)).toEqual([
      'mnist',
      'fashion-mnist',
      'kmnist',
      ...['balanced', 'letters', 'digits', 'byclass', 'bymerge', 'mnist'].map((split) => `emnist-${split}`),
    ]);
    const classes = Object.fromEntries(IDX_SETS.map((set) => [set.name, set.classes.join('')]));
    expect(classes.kmnist).toBe('おきすつなはまやれを');
    expect(classes['emnist-letters']).toBe('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    expect(classes['emnist-balanced']).toBe('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt');
    expect(classes['emnist-byclass']).toHaveLength(62);
    expect(findSet('fashion-mnist').classes[9]).toBe('Ankle boot');
    const places = IDX_SETS.flatMap((set) => IDX_PARTS.map((part) => `${set.folders[0]}/${set.files[part].name}`));
    expect(new Set(places).size).toBe(4 * IDX_SETS.length);
    const hashes = IDX_SETS.flatMap((set) => IDX_PARTS.map((part) => set.files[part].checksum.hex));
    expect(new Set(hashes).size).toBe(4 * IDX_SETS.length);
    for (const hex of hashes) expect(hex).toMatch(/^([0-9a-f]{32}|[0-9a-f]{64})$/);
  });
});

describe('EMNIST', () => {
  const letters = createSmallSet(findSet('emnist-letters'), { kind: PACKED_MD5, labels: [1, 26] });

  it.each([
    ['--data-dir', '.', true],
    ['--data-dir, in the folder gzip of the archive', 'gzip', true],
    ['EDGE_MLP_DATA', 'EMNIST/raw', false],
  ])('is found in %s, with upright pictures and labels from the first class on', async (_, subfolder, asOption) => {
    const folder = temporaryFolder();
    put(join(folder, subfolder), letters.files);
    if (!asOption) vi.stubEnv('EDGE_MLP_DATA', folder);
    const { training, test } = await loadIdxSet(letters.set, asOption ? { dataDir: folder } : {});
    expect(training.inputs).toEqual(Uint8Array.from([...picture(50), ...picture(51)]));
    expect(test.inputs).toEqual(picture(52));
    expect([...training.labels].map((label) => training.classes[label])).toEqual(['A', 'Z']);
  });

  it('refuses labels before the first class', async () => {
    const { set, files } = createSmallSet(findSet('emnist-letters'), { kind: PACKED_MD5, labels: [0, 26] });
    const folder = temporaryFolder();
    put(folder, files);
    await expect(loadIdxSet(set, { dataDir: folder })).rejects.toThrow(
      'expected labels from 1 to 26, got 0 at sample 0',
    );
  });

  it('accepts unpacked files by their shape, and refuses files with another shape or of another set', async () => {
    const folder = temporaryFolder();
    const name = 'emnist-letters-train-images-idx3-ubyte';
    const unpacked = Object.entries(letters.files).map(([file, bytes]) => [file.slice(0, -3), gunzipSync(bytes)]);
    put(folder, Object.fromEntries(unpacked));
    const { test } = await loadIdxSet(letters.set, { dataDir: folder });
    expect(test.inputs).toEqual(picture(52));
    put(folder, { [name]: formatIdx({ shape: [1, 28, 28], data: new Uint8Array(784) }) });
    await expect(loadIdxSet(letters.set, { dataDir: folder })).rejects.toThrow(
      `expected the shape 2 × 28 × 28 of EMNIST letters's ${name}, got 1 × 28 × 28`,
    );
  });

  it('is not downloaded: the error explains how to unpack the archive and name its folder', async () => {
    let requests = 0;
    const mirror = await serve((_, response) => {
      requests++;
      response.writeHead(404).end();
    });
    const env = { EDGE_MLP_MIRRORS: mirror };
    for (const args of [
      ['train', '--data', 'emnist-letters'],
      ['data', 'fetch', 'emnist-letters', '--mirror', `${mirror}/`, '--data-dir', temporaryFolder()],
    ]) {
      const { code, stderr } = await edgeMlp(args, { cwd: temporaryFolder(), env });
      expect(code).toBe(1);
      expect(stderr).toContain(
        'error: EMNIST letters: emnist-letters-train-images-idx3-ubyte(.gz) was not found locally',
      );
      expect(stderr).toContain('edge-mlp does not download EMNIST');
      expect(stderr).toContain(
        'unpack it (unzip gzip.zip), and name the folder: --data emnist-letters --data-dir gzip',
      );
    }
    expect(requests).toBe(0);
  });
});

describe('sets with the same file names', () => {
  const [mnist, fashion] = [
    createSmallSet(findSet('mnist'), { kind: UNPACKED }),
    createSmallSet(findSet('fashion-mnist'), { kind: UNPACKED, mark: 90 }),
  ];
  const kmnist = createSmallSet(findSet('kmnist'), { kind: PACKED, mark: 120 });

  it('have separate folders in the cache and on mirrors', async () => {
    const sets: Record<string, SmallSet> = { mnist, 'fashion-mnist': fashion, kmnist };
    const root = await serve((request, response) => {
      const [, name = ''] = request.url?.split('/') ?? [];
      serveFiles(sets[name]?.files ?? {})(request, response);
    });
    vi.stubEnv('EDGE_MLP_MIRRORS', `http://127.0.0.1:9,${root}/`);
    const load = async () => {
      const loaded = [];
      for (const { set } of [mnist, fashion, kmnist])
        loaded.push((await loadIdxSet(set)).training.inputs[28 * 14 + 14]);
      return loaded;
    };
    expect(await load()).toEqual([50, 90, 120]);
    vi.stubEnv('EDGE_MLP_MIRRORS', 'http://127.0.0.1:9/');
    expect(await load()).toEqual([50, 90, 120]);
  });

  it('are found in their own folders next to MNIST, and in the folders of torchvision', async () => {
    const root = temporaryFolder();
    vi.stubEnv('EDGE_MLP_DATA', root);
    put(root, mnist.files);
    await expect(loadIdxSet(fashion.set)).rejects.toThrow('the download failed');
    put(join(root, 'FashionMNIST', 'raw'), fashion.files);
    put(join(root, 'kmnist'), kmnist.files);
    expect((await loadIdxSet(fashion.set)).training.inputs[28 * 14 + 14]).toBe(90);
    expect((await loadIdxSet(kmnist.set)).training.inputs[28 * 14 + 14]).toBe(120);
    expect((await loadIdxSet(mnist.set)).training.inputs[28 * 14 + 14]).toBe(50);
  });

  it('accept user files without a known checksum only with the right shape', async () => {
    const root = temporaryFolder();
    const repacked = Object.fromEntries(
      Object.entries(kmnist.files).map(([name, bytes]) => [
        name,
        Uint8Array.from(gzipSync(Buffer.from(bytes), { level: 1 })),
      ]),
    );
    put(root, kmnist.files);
    expect((await loadIdxSet(kmnist.set, { dataDir: root })).training.inputs[28 * 14 + 14]).toBe(120);
    put(root, repacked);
    await expect(loadIdxSet(kmnist.set, { dataDir: root })).rejects.toThrow('expected IDX magic number');
    put(root, {
      'train-images-idx3-ubyte.gz': gzipSync(
        formatIdx({ shape: [1, 28, 28], data: picture(1) as Uint8Array<ArrayBuffer> }),
      ),
    });
    await expect(loadIdxSet(kmnist.set, { dataDir: root })).rejects.toThrow(
      "expected the shape 2 × 28 × 28 of Kuzushiji-MNIST's train-images",
    );
  });

  it('accept only the published file from a mirror', async () => {
    const other = createSmallSet(findSet('kmnist'), { kind: PACKED, mark: 60 });
    const mirrors = [`${await serve(serveFiles(other.files))}/`];
    await expect(fetchIdxSet(kmnist.set, { folder: temporaryFolder(), mirrors })).rejects.toThrow(
      /SHA-256 [0-9a-f]{64} packed, got/,
    );
  });

  it('do not replace a readable IDX file in a named folder, but replace a damaged file', async () => {
    const mirrors = [`${await serve(serveFiles(kmnist.files))}/`];
    const folder = temporaryFolder();
    const path = join(folder, 'train-images-idx3-ubyte');
    const own = formatIdx({ shape: [3, 28, 28], data: Uint8Array.from({ length: 3 * 784 }, (_, i) => i % 251) });
    writeFileSync(path, own);
    await expect(fetchIdxSet(kmnist.set, { folder, mirrors })).rejects.toThrow(
      'or no file, got another IDX file: name another folder',
    );
    expect(readdirSync(folder)).toEqual(['train-images-idx3-ubyte']);
    expect(Uint8Array.from(readFileSync(path))).toEqual(own);
    writeFileSync(path, own.subarray(0, -1));
    expect(await fetchIdxSet(kmnist.set, { folder, mirrors })).toBe(folder);
  });

  it.runIf(real)('recognise the real MNIST files and do not replace them', async () => {
    await expect(loadIdxSet(findSet('fashion-mnist'), { dataDir: real })).rejects.toThrow(
      /expected Fashion-MNIST's .* got a file of MNIST/,
    );
    await expect(loadIdxSet(findSet('kmnist'), { dataDir: real })).rejects.toThrow(
      /expected Kuzushiji-MNIST's .* got a file of MNIST/,
    );
    await expect(fetchIdxSet(findSet('kmnist'), { folder: real, mirrors: [] })).rejects.toThrow(
      'or no file, got a file of MNIST: name another folder',
    );
  });
});
