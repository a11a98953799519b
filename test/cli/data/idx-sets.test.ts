/** Named sets, against real servers on the loopback address: small files with sums of their own stand in for the real ones. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchIdxSet, loadIdxSet } from '../../../cli/data/idx-sets/load.ts';
import { IDX_SETS, type IdxPart, type IdxSet } from '../../../cli/data/idx-sets/table.ts';
import { sha256 } from '../../../cli/hash.ts';
import { formatIdx } from '../../../src/data/index.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { serve } from '../../support/http.ts';

/** A folder with the real MNIST. */
const real = process.env.EDGE_MLP_DATA;
const PARTS = ['trainImages', 'trainLabels', 'testImages', 'testLabels'] as const;
const named = (name: string) => IDX_SETS.find((set) => set.name === name) as IdxSet;

/** A picture like no other, and like none of its own reflections: 7 in the top right corner, then 1 2 3 down its left side. */
function picture(mark: number): Uint8Array {
  const pixels = new Uint8Array(784);
  pixels[27] = 7;
  for (let y = 0; y < 3; y++) pixels[28 * (y + 1)] = y + 1;
  pixels[28 * 14 + 14] = mark;
  return pixels;
}
const turned = (pixels: Uint8Array) => pixels.map((_, i) => pixels[28 * (i % 28) + Math.floor(i / 28)] ?? 0);

interface Small {
  readonly set: IdxSet;
  /** By name, packed. */
  readonly files: Record<string, Uint8Array>;
}

/** A set with `known`'s names and ways, of two samples for training and one for testing. */
function small(
  known: IdxSet,
  { of, labels = [3, 9], mark = 50 }: { of: 'md5' | 'packed' | 'unpacked'; labels?: number[]; mark?: number },
): Small {
  const stored = (pixels: Uint8Array) => (known.transposed ? turned(pixels) : pixels);
  const images = (marks: number[]) =>
    formatIdx({ shape: [marks.length, 28, 28], data: Uint8Array.from(marks.flatMap((m) => [...stored(picture(m))])) });
  const contents: Record<IdxPart, Uint8Array<ArrayBuffer>> = {
    trainImages: images([mark, mark + 1]),
    trainLabels: formatIdx({ shape: [2], data: Uint8Array.from(labels) }),
    testImages: images([mark + 2]),
    testLabels: formatIdx({ shape: [1], data: Uint8Array.from(labels.slice(0, 1)) }),
  };
  const packed = Object.fromEntries(
    PARTS.map((part) => [part, new Uint8Array(gzipSync(contents[part]))]),
  ) as typeof contents;
  const computeSum = (part: IdxPart) => {
    if (of === 'md5') return { of: 'packed', md5: createHash('md5').update(packed[part]).digest('hex') };
    return { of, sha256: sha256(of === 'packed' ? packed[part] : contents[part]) };
  };
  const files = PARTS.map((part) => [part, { name: known.files[part].name, sum: computeSum(part) }]);
  return {
    set: { ...known, samples: { training: 2, test: 1 }, files: Object.fromEntries(files), installed: '/none' },
    files: Object.fromEntries(PARTS.map((part) => [`${known.files[part].name}.gz`, packed[part]])),
  };
}

beforeEach(() => {
  vi.stubEnv('EDGE_MLP_DATA', '');
  vi.stubEnv('EDGE_MLP_MIRRORS', 'http://127.0.0.1:9');
  vi.stubEnv('EDGE_MLP_CACHE', join(temporaryFolder(), 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const filesAt =
  (files: Record<string, Uint8Array>): RequestListener =>
  (request, response) => {
    const file = files[request.url?.split('/').at(-1) ?? ''];
    if (file === undefined) response.writeHead(404).end();
    else response.end(file);
  };

/** One file, in ranges as RFC 9110, section 14, has them. */
function ranges(bytes: Uint8Array, seen: string[] = []): RequestListener {
  return (request: IncomingMessage, response) => {
    const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    seen.push(`${from}-${to}`);
    const start = from === '' ? Math.max(0, bytes.length - Number(to)) : Number(from);
    const end = from === '' || to === '' ? bytes.length : Number(to) + 1;
    const body = bytes.subarray(start, end);
    const range = `bytes ${start}-${start + body.length - 1}/${bytes.length}`;
    response.writeHead(206, { 'content-range': range, 'content-length': body.length }).end(body);
  };
}

const LETTERS = small(named('emnist-letters'), { of: 'md5', labels: [1, 26] });
/** Random, so that it stays large: what nobody asked for. */
const BULK = new Uint8Array(300_000).map((_, i) => (i * 2_654_435_761) >>> (i % 24));
const buildZip = (files: Record<string, Uint8Array>, level: 0 | 9 = 0) =>
  zipSync({
    'gzip/emnist-bulk.bin': [BULK, { level }],
    ...Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`gzip/${name}`, [bytes, { level }]])),
    '__MACOSX/gzip/._emnist-letters-train-images-idx3-ubyte.gz': Uint8Array.of(1, 2, 3),
  } as Parameters<typeof zipSync>[0]);

describe('the table', () => {
  it('has every set once, with classes for its labels and places of its own', () => {
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
    expect(named('fashion-mnist').classes[9]).toBe('Ankle boot');
    // In one folder, files of one name would be taken for each other's.
    const places = IDX_SETS.flatMap((set) => PARTS.map((part) => `${set.folders[0]}/${set.files[part].name}`));
    expect(new Set(places).size).toBe(4 * IDX_SETS.length);
    const sums = IDX_SETS.flatMap((set) => PARTS.map((part) => Object.values(set.files[part].sum).at(-1)));
    expect(new Set(sums).size).toBe(4 * IDX_SETS.length);
    for (const sum of sums) expect(sum).toMatch(/^([0-9a-f]{32}|[0-9a-f]{64})$/);
  });

  it('a name that is none is refused', async () => {
    await expect(loadIdxSet('emnist')).rejects.toThrow(
      /data set: expected mnist, fashion-mnist, kmnist, .*, got emnist/,
    );
  });
});

describe('EMNIST', () => {
  it('has its pictures upright, and its labels from the first class on', async () => {
    const mirror = `${await serve(ranges(buildZip(LETTERS.files)))}/gzip.zip`;
    const { training, test } = await loadIdxSet(LETTERS.set, { mirrors: [mirror] });
    expect(training.inputs).toEqual(Uint8Array.from([...picture(50), ...picture(51)]));
    expect(test.inputs).toEqual(picture(52));
    expect([...training.labels].map((label) => training.classes[label])).toEqual(['A', 'Z']);
    // Again, from the cache: what lies there is as it came.
    const again = await loadIdxSet(LETTERS.set, { mirrors: [] });
    expect(again.training.inputs).toEqual(training.inputs);
  });

  it('refuses labels before the first class', async () => {
    const { set, files } = small(named('emnist-letters'), { of: 'md5', labels: [0, 26] });
    const mirror = `${await serve(ranges(buildZip(files)))}/gzip.zip`;
    await expect(loadIdxSet(set, { mirrors: [mirror] })).rejects.toThrow(
      'expected labels from 1 to 26, got 0 at sample 0',
    );
  });

  it.each([0, 9] as const)(
    'comes in parts of its archive, level %i: what nobody asked for is not sent',
    async (level) => {
      const seen: string[] = [];
      const [zip, progress] = [buildZip(LETTERS.files, level), new Set<string>()];
      const mirror = `${await serve(ranges(zip, seen))}/gzip.zip`;
      const folder = temporaryFolder();
      await fetchIdxSet(LETTERS.set, { folder, mirrors: [mirror], onProgress: ({ file }) => progress.add(file) });
      for (const [name, bytes] of Object.entries(LETTERS.files))
        expect(new Uint8Array(readFileSync(join(folder, name)))).toEqual(bytes);
      expect(readdirSync(folder)).toHaveLength(4);
      // The end of the archive, then the four members.
      expect(seen).toHaveLength(5);
      expect([...progress]).toEqual(expect.arrayContaining(Object.keys(LETTERS.files)));
    },
  );

  it('an archive that has only two of four files there is asked for the others alone', async () => {
    const seen: string[] = [];
    const mirror = `${await serve(ranges(buildZip(LETTERS.files), seen))}/gzip.zip`;
    const folder = temporaryFolder();
    for (const [name, bytes] of Object.entries(LETTERS.files).slice(0, 2)) writeFileSync(join(folder, name), bytes);
    await fetchIdxSet(LETTERS.set, { folder, mirrors: [mirror] });
    expect(seen).toHaveLength(3);
  });

  it.each([0, 9] as const)('of a server without ranges all of the archive comes, once, level %i', async (level) => {
    let requests = 0;
    const zip = buildZip(LETTERS.files, level);
    const mirror = `${await serve((_, response) => {
      requests++;
      response.setHeader('content-length', zip.length);
      // In pieces that end anywhere.
      for (let at = 0; at < zip.length; at += 777) response.write(zip.subarray(at, at + 777));
      response.end();
    })}/gzip.zip`;
    const { training } = await loadIdxSet(LETTERS.set, { mirrors: [mirror] });
    expect(training.inputs.subarray(0, 784)).toEqual(picture(50));
    expect(requests).toBe(1);
  });

  const zip = buildZip(LETTERS.files);
  const damaged = zip.slice();
  const inside = Buffer.from(zip).indexOf(LETTERS.files['emnist-letters-train-images-idx3-ubyte.gz'] ?? '') + 20;
  damaged[inside] = (damaged[inside] ?? 0) ^ 0xff;
  const faults: [string, RequestListener, RegExp][] = [
    [
      'a page',
      (_, response) => response.end('<html>moved</html>'),
      /expected emnist-letters-train-images.* in the archive/,
    ],
    [
      'a page in a range',
      ranges(new TextEncoder().encode('<html>moved</html>')),
      /expected a ZIP archive, got 18 bytes/,
    ],
    ['404', (_, response) => response.writeHead(404).end(), /the server answered 404/],
    ['an archive cut short', ranges(zip.subarray(0, -400)), /expected a ZIP archive, got/],
    [
      'an archive of others',
      ranges(buildZip({})),
      /expected emnist-letters-train-images-idx3-ubyte.gz in the archive, found none/,
    ],
    ['a damaged member', ranges(damaged), /expected (EMNIST letters's|a whole gzip)/],
    [
      'a range that is none',
      (_, response) => response.writeHead(206).end('x'),
      /expected bytes -\d+ of the file, got status 206/,
    ],
    [
      'a transfer cut off',
      (_, response) => {
        response.writeHead(200, { 'content-length': zip.length });
        response.write(zip.subarray(0, 3000), () => response.destroy());
      },
      /terminated/,
    ],
  ];

  it.each(faults)('%s: the next mirror is asked', async (_, listener) => {
    const mirrors = [`${await serve(listener)}/gzip.zip`, `${await serve(filesAt(LETTERS.files))}/`];
    const folder = temporaryFolder();
    await fetchIdxSet(LETTERS.set, { folder, mirrors });
    expect(readdirSync(folder)).toHaveLength(4);
  });

  it.each(faults)('%s and no other mirror: says why, leaves nothing', async (_, listener, message) => {
    const folder = temporaryFolder();
    const failure = fetchIdxSet(LETTERS.set, { folder, mirrors: [`${await serve(listener)}/gzip.zip`] });
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(/EMNIST letters: .*no mirror gave it/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is found in the archive that the user has', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'emnist'));
    writeFileSync(join(folder, 'emnist', 'gzip.zip'), buildZip(LETTERS.files, 9));
    const { test } = await loadIdxSet(LETTERS.set, { dataDir: folder });
    expect(test.inputs).toEqual(picture(52));
  });
});

describe('sets with the same file names', () => {
  const [mnist, fashion] = [
    small(named('mnist'), { of: 'unpacked' }),
    small(named('fashion-mnist'), { of: 'unpacked', mark: 90 }),
  ];
  const kmnist = small(named('kmnist'), { of: 'packed', mark: 120 });
  const put = (folder: string, files: Record<string, Uint8Array>) => {
    mkdirSync(folder, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  };

  it('lie apart in the cache, and come from the mirror that has a folder for each', async () => {
    const sets: Record<string, Small> = { mnist, 'fashion-mnist': fashion, kmnist };
    const root = await serve((request, response) => {
      const [, name = ''] = request.url?.split('/') ?? [];
      filesAt(sets[name]?.files ?? {})(request, response);
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

  it('are not taken for MNIST beside them, in its folder or those that torchvision makes', async () => {
    const root = temporaryFolder();
    vi.stubEnv('EDGE_MLP_DATA', root);
    put(root, mnist.files);
    await expect(loadIdxSet(fashion.set)).rejects.toThrow('no mirror gave it');
    put(join(root, 'FashionMNIST', 'raw'), fashion.files);
    put(join(root, 'kmnist'), kmnist.files);
    expect((await loadIdxSet(fashion.set)).training.inputs[28 * 14 + 14]).toBe(90);
    expect((await loadIdxSet(kmnist.set)).training.inputs[28 * 14 + 14]).toBe(120);
    expect((await loadIdxSet(mnist.set)).training.inputs[28 * 14 + 14]).toBe(50);
  });

  it('of one whose unpacked sums nobody knows, files of the user are taken by their shape, unless they are cut', async () => {
    const root = temporaryFolder();
    const repacked = Object.fromEntries(
      Object.entries(kmnist.files).map(([name, bytes]) => [
        name,
        Uint8Array.from(gzipSync(Buffer.from(bytes), { level: 1 })),
      ]),
    );
    put(root, kmnist.files);
    expect((await loadIdxSet(kmnist.set, { dataDir: root })).training.inputs[28 * 14 + 14]).toBe(120);
    // Packed twice it is no IDX file any more.
    put(root, repacked);
    await expect(loadIdxSet(kmnist.set, { dataDir: root })).rejects.toThrow('expected IDX magic number');
    put(root, {
      'train-images-idx3-ubyte.gz': gzipSync(
        formatIdx({ shape: [1, 28, 28], data: picture(1) as Uint8Array<ArrayBuffer> }),
      ),
    });
    await expect(loadIdxSet(kmnist.set, { dataDir: root })).rejects.toThrow(
      "expected 2 × 28 × 28, as Kuzushiji-MNIST's train-images",
    );
  });

  it('downloaded, it must be the very file', async () => {
    const other = small(named('kmnist'), { of: 'packed', mark: 60 });
    const mirrors = [`${await serve(filesAt(other.files))}/`];
    await expect(fetchIdxSet(kmnist.set, { folder: temporaryFolder(), mirrors })).rejects.toThrow(
      /SHA-256 [0-9a-f]{64} packed, got/,
    );
  });

  it("a readable set of somebody's own is not replaced in a folder that was named, a damaged file is", async () => {
    const mirrors = [`${await serve(filesAt(kmnist.files))}/`];
    const folder = temporaryFolder();
    const path = join(folder, 'train-images-idx3-ubyte');
    const own = formatIdx({ shape: [3, 28, 28], data: Uint8Array.from({ length: 3 * 784 }, (_, i) => i % 251) });
    writeFileSync(path, own);
    await expect(fetchIdxSet(kmnist.set, { folder, mirrors })).rejects.toThrow(
      'or no file, got another file: name another folder',
    );
    expect(readdirSync(folder)).toEqual(['train-images-idx3-ubyte']);
    expect(Uint8Array.from(readFileSync(path))).toEqual(own);
    writeFileSync(path, own.subarray(0, -1));
    expect(await fetchIdxSet(kmnist.set, { folder, mirrors })).toBe(folder);
  });

  it.runIf(real)("MNIST's own files are known for what they are, and not replaced", async () => {
    await expect(loadIdxSet('fashion-mnist', { dataDir: real })).rejects.toThrow(
      /expected Fashion-MNIST's .* got a file of MNIST/,
    );
    await expect(loadIdxSet('kmnist', { dataDir: real })).rejects.toThrow(
      /expected Kuzushiji-MNIST's .* got a file of MNIST/,
    );
    await expect(fetchIdxSet('kmnist', { folder: real, mirrors: [] })).rejects.toThrow(
      "or no file, got MNIST's: name another folder",
    );
  });
});
