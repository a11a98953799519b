/**
 * The finder and downloader, against a real server on the loopback address. MNIST's files are stood in for by small
 * ones.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchIdxSet, loadIdxSet } from '../../../cli/data/idx-sets/load.ts';
import { findIdxSet, IDX_NAMES, IDX_PARTS, type IdxSet } from '../../../cli/data/idx-sets/table.ts';
import { checkWritable, readBytes, writeWhole } from '../../../cli/files.ts';
import { sha256 } from '../../../cli/hash.ts';
import { formatIdx } from '../../../src/data/index.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { serve } from '../../support/http.ts';

const NAMES = Object.values(IDX_NAMES);
/** Different content for every file, so that the checksums differ. */
const contents: Record<string, Uint8Array<ArrayBuffer>> = Object.fromEntries(
  NAMES.map((name, k) => {
    const images = formatIdx({ shape: [2, 28, 28], data: new Uint8Array(2 * 784).map((_, i) => i % 251) });
    const bytes = name.includes('images') ? images : formatIdx({ shape: [2], data: Uint8Array.of(3, 9) });
    bytes[bytes.length - 1] = k + 1;
    return [name, bytes];
  }),
);

// MNIST with the checksums of the small files.
const MNIST = findIdxSet('mnist') as IdxSet;
const SMALL: IdxSet = {
  ...MNIST,
  samples: { training: 2, test: 2 },
  files: Object.fromEntries(
    IDX_PARTS.map((part) => {
      const { name } = MNIST.files[part];
      const hex = sha256(contents[name] ?? new Uint8Array());
      return [part, { name, checksum: { of: 'unpacked', algorithm: 'sha256', hex } }];
    }),
  ) as IdxSet['files'],
};
const fetchSmall = (options: Parameters<typeof fetchIdxSet>[1]) => fetchIdxSet(SMALL, options);

afterEach(() => {
  vi.unstubAllEnvs();
});

async function serveMnist(listener: RequestListener): Promise<string> {
  return `${await serve(listener)}/mnist/`;
}

const fileName = (url = '') => url.split('/').at(-1)?.replace('.gz', '') ?? '';
const packFile = (url: string | undefined) => gzipSync(contents[fileName(url)] ?? new Uint8Array());
const honest: RequestListener = (request, response) => response.end(packFile(request.url));
const faults: Record<string, { listener: RequestListener; message: RegExp }> = {
  403: { listener: (_, response) => response.writeHead(403).end('no'), message: /the server answered 403 Forbidden/ },
  503: {
    listener: (_, response) => response.writeHead(503).end('later'),
    message: /the server answered 503 Service Unavailable/,
  },
  'a transfer cut off': {
    listener: (request, response) => {
      const packed = packFile(request.url);
      response.writeHead(200, { 'content-length': packed.length });
      response.write(packed.subarray(0, 30), () => response.destroy());
    },
    message: /terminated/,
  },
  'a short file': {
    listener: (request, response) => response.end(packFile(request.url).subarray(0, 40)),
    message: /expected a complete gzip file/,
  },
  'other bytes': {
    listener: (_, response) => response.end(gzipSync('something else')),
    message: /expected MNIST's train-images-idx3-ubyte, SHA-256 [0-9a-f]{64} unpacked, got/,
  },
  'a page': { listener: (_, response) => response.end('<html>login</html>'), message: /expected MNIST's train-images/ },
};

describe('downloading', () => {
  it('stores whole files, reports progress and leaves no other files', async () => {
    const folder = join(temporaryFolder(), 'cache');
    const seen: string[] = [];
    await fetchSmall({ folder, mirrors: [await serveMnist(honest)], onProgress: ({ file }) => seen.push(file) });
    expect(readdirSync(folder).sort()).toEqual(NAMES.map((name) => `${name}.gz`).sort());
    expect(new Set(seen).size).toBe(4);
    const silent = await serveMnist((_, response) => response.writeHead(500).end());
    await fetchSmall({ folder, mirrors: [silent] });
  });

  it.each(Object.entries(faults))('tries the next mirror: %s', async (_, { listener }) => {
    const folder = temporaryFolder();
    await fetchSmall({ folder, mirrors: [await serveMnist(listener), await serveMnist(honest)] });
    expect(readdirSync(folder)).toHaveLength(4);
  });

  it.each(Object.entries(faults))(
    'reports the reason and leaves no files without another mirror: %s',
    async (_, { listener, message }) => {
      const folder = temporaryFolder();
      const failure = fetchSmall({ folder, mirrors: [await serveMnist(listener)] });
      await expect(failure).rejects.toThrow(message);
      await expect(failure).rejects.toThrow(/the download failed[\s\S]*--data-dir or EDGE_MLP_DATA/);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it('refuses an invalid URL', async () => {
    const failure = fetchSmall({ folder: temporaryFolder(), mirrors: ['nonsense'] });
    await expect(failure).rejects.toThrow('--mirror: expected a URL such as https://example.org/mnist/, got nonsense');
  });

  it('reports an unreachable mirror', async () => {
    const failure = fetchSmall({ folder: temporaryFolder(), mirrors: ['http://127.0.0.1:9/'] });
    await expect(failure).rejects.toThrow(/127\.0\.0\.1:9\/train-images-idx3-ubyte\.gz: fetch failed \(.+\)/);
  });

  it('downloads a damaged file of the cache again', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 't10k-labels-idx1-ubyte.gz'), 'damaged');
    await fetchSmall({ folder, mirrors: [await serveMnist(honest)] });
    expect(sha256(await readBytes(join(folder, 't10k-labels-idx1-ubyte.gz')))).not.toBe(sha256(Buffer.from('damaged')));
  });
});

describe('finding', () => {
  it('reads plain or compressed files from the given folder, the environment or the cache, in this order', async () => {
    const [given, environment, cache] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    vi.stubEnv('EDGE_MLP_DATA', environment);
    vi.stubEnv('EDGE_MLP_CACHE', cache);
    vi.stubEnv('EDGE_MLP_MIRRORS', 'http://127.0.0.1:9/');
    const [first, second, third, fourth] = NAMES;
    writeFileSync(join(given, first ?? ''), contents[first ?? ''] ?? '');
    writeFileSync(join(environment, `${second}.gz`), gzipSync(contents[second ?? ''] ?? ''));
    writeFileSync(join(environment, (third ?? '').replace('-idx', '.idx')), contents[third ?? ''] ?? '');
    // A folder for each set: three have files of these names.
    mkdirSync(join(cache, 'mnist'));
    writeFileSync(join(cache, 'mnist', `${fourth}.gz`), gzipSync(contents[fourth ?? ''] ?? ''));
    const { training, test } = await loadIdxSet(SMALL, { dataDir: given });
    expect([...training.labels]).toEqual([3, 2]);
    expect([...test.labels]).toEqual([3, 4]);
    expect(training.imageShape).toEqual([28, 28]);
  });

  it('reports a wrong file in a folder of the user without downloading', async () => {
    const given = temporaryFolder();
    writeFileSync(join(given, 'train-images-idx3-ubyte'), 'wrong');
    await expect(loadIdxSet(SMALL, { dataDir: given })).rejects.toThrow(/train-images-idx3-ubyte: expected MNIST's/);
  });
});

describe('writing whole files', () => {
  it('replaces a file and leaves no other files', async () => {
    const folder = temporaryFolder();
    await writeWhole(join(folder, 'a'), 'one');
    await writeWhole(join(folder, 'a'), 'two');
    expect(Buffer.from(await readBytes(join(folder, 'a'))).toString()).toBe('two');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('keeps a link, and leaves no file after a failure', async () => {
    const folder = temporaryFolder();
    await writeWhole(join(folder, 'a'), 'one');
    symlinkSync('a', join(folder, 'link'));
    await writeWhole(join(folder, 'link'), 'two');
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect(Buffer.from(await readBytes(join(folder, 'a'))).toString()).toBe('two');
    symlinkSync('new', join(folder, 'dangling'));
    chmodSync(join(folder, 'a'), 0o600);
    await writeWhole(join(folder, 'dangling'), 'three');
    await writeWhole(join(folder, 'link'), 'two');
    expect(readdirSync(folder).sort()).toEqual(['a', 'dangling', 'link', 'new']);
    expect(lstatSync(join(folder, 'a')).mode & 0o777).toBe(0o600);
    await expect(writeWhole(join(folder, 'a'), 5 as never)).rejects.toThrow(/cannot write/);
    expect(readdirSync(folder).sort()).toEqual(['a', 'dangling', 'link', 'new']);
    expect(Buffer.from(await readBytes(join(folder, 'a'))).toString()).toBe('two');
  });

  it('writes to a device without replacing it', async () => {
    await checkWritable('/dev/null');
    await writeWhole('/dev/null', 'x');
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('names a file that cannot be written, and leaves no files', async () => {
    const folder = temporaryFolder();
    await writeWhole(join(folder, 'file'), 'x');
    await expect(writeWhole(join(folder, 'none', 'a'), 'x')).rejects.toThrow(
      /cannot write .*none.a: no such file or folder/,
    );
    await expect(writeWhole(join(folder, 'file', 'a'), 'x')).rejects.toThrow(/a part of the path is not a folder/);
    await expect(writeWhole(folder, 'x')).rejects.toThrow(/cannot write/);
    expect(readdirSync(folder)).toEqual(['file']);
    await expect(readBytes(join(folder, 'none'))).rejects.toThrow(/cannot read .*none: no such file or folder/);
  });
});
