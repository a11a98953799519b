/** Verification of the files of named sets: checksum and shape. */
import { EdgeMlpError } from '../../../src/core/errors.ts';
import { parseIdx } from '../../../src/data/idx.ts';
import { md5, sha256 } from '../../hash.ts';
import type { FoundFile } from '../idx-folder.ts';
import { type Checksum, IDX_PARTS, IDX_SETS, IDX_SIDE, type IdxPart, type IdxSet } from './table.ts';

/** Throws EdgeMlpError "bad-data" unless checksum and shape are those of the published file. */
export function checkPublished(set: IdxSet, part: IdxPart, file: FoundFile): void {
  const { checksum } = set.files[part];
  if (hash(checksum, file) !== checksum.hex) throw mismatch(set, part, file);
  checkShape(set, part, file);
}

/**
 * Checks a file in a user's folder. If only the checksum of the published gzip file is known, a file that is
 * unpacked or compressed differently is accepted by its shape, unless its checksum is that of another set: MNIST,
 * Fashion-MNIST and KMNIST share names and shapes. Throws EdgeMlpError "bad-data".
 */
export function checkOwn(set: IdxSet, part: IdxPart, file: FoundFile): void {
  const { checksum } = set.files[part];
  if (hash(checksum, file) === checksum.hex) return;
  if (checksum.of === 'unpacked' || findOwner(file) !== undefined) throw mismatch(set, part, file);
  checkShape(set, part, file);
}

/** The set that publishes a file, by checksum. */
export function findOwner(file: FoundFile): IdxSet | undefined {
  const hashes = new Map<string, string>();
  const matches = (checksum: Checksum) => {
    const key = `${checksum.of} ${checksum.algorithm}`;
    const hex = hashes.get(key) ?? hash(checksum, file);
    hashes.set(key, hex);
    return hex === checksum.hex;
  };
  return IDX_SETS.find((set) => IDX_PARTS.some((part) => matches(set.files[part].checksum)));
}

function hash({ of, algorithm }: Checksum, { stored, bytes }: FoundFile): string {
  const content = of === 'unpacked' ? bytes : stored;
  return algorithm === 'md5' ? md5(content) : sha256(content);
}

function mismatch({ title, files }: IdxSet, part: IdxPart, file: FoundFile): EdgeMlpError {
  const { name, checksum } = files[part];
  const { of, algorithm, hex } = checksum;
  const owner = findOwner(file);
  const got = owner === undefined ? hash(checksum, file) : `a file of ${owner.title}`;
  const size = (of === 'unpacked' ? file.bytes : file.stored).length;
  const expected = `${title}'s ${name}, ${algorithm === 'md5' ? 'MD5' : 'SHA-256'} ${hex} ${of}`;
  return new EdgeMlpError('bad-data', `${file.name}: expected ${expected}, got ${got} (${size} bytes)`);
}

function checkShape(set: IdxSet, part: IdxPart, { bytes, name }: FoundFile): void {
  const samples = part.startsWith('train') ? set.samples.training : set.samples.test;
  const expected = part.endsWith('Images') ? [samples, IDX_SIDE, IDX_SIDE] : [samples];
  const { shape } = parseIdx(bytes, name, [expected.length]);
  if (shape.join() === expected.join()) return;
  throw new EdgeMlpError(
    'bad-data',
    `${name}: expected the shape ${expected.join(' × ')} of ${set.title}'s ${set.files[part].name}, got ${shape.join(' × ')}`,
  );
}
