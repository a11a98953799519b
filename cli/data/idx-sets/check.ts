/** Whether a file is the one that it should be. */
import { EdgeMlpError } from '../../../src/core/errors.ts';
import { parseIdx } from '../../../src/data/idx.ts';
import { md5, sha256 } from '../../hash.ts';
import { IDX_PARTS, IDX_SETS, IDX_SIDE, type IdxFile, type IdxPart, type IdxSet, type IdxSum } from './table.ts';

/** A file as it was found, and what is in it. */
export interface Found {
  readonly name: string;
  /** As it lies there. */
  readonly stored: Uint8Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Throws `bad-data` unless it is the publisher's very file: its sum, and then its shape. */
export function checkPublished(set: IdxSet, part: IdxPart, found: Found): void {
  const file = set.files[part];
  if (!hasSum(file.sum, found)) throw another(set, file, found);
  checkShape(set, part, found);
}

/**
 * Of a file of the user's. Where only the packed file's sum is known, one that is unpacked or packed otherwise is taken by its
 * shape, unless it is known to be another set's: three sets have the same names and shapes. Throws `bad-data`.
 */
export function checkOwn(set: IdxSet, part: IdxPart, found: Found): void {
  const file = set.files[part];
  if (hasSum(file.sum, found)) return;
  if (file.sum.of === 'unpacked' || findOwner(found) !== undefined) throw another(set, file, found);
  checkShape(set, part, found);
}

/** The set that a file is known to belong to. */
export function findOwner(found: Found): IdxSet | undefined {
  const sums = new Map<string, string>();
  const remembered = { ...found, sums };
  return IDX_SETS.find((set) => IDX_PARTS.some((part) => hasSum(set.files[part].sum, remembered)));
}

/** A file whose sums have been computed before. */
type Summed = Found & { readonly sums?: Map<string, string> };

function hasSum(sum: IdxSum, found: Summed): boolean {
  return computeSum(sum, found) === wanted(sum);
}

function wanted(sum: IdxSum): string {
  return 'md5' in sum ? sum.md5 : sum.sha256;
}

function computeSum(sum: IdxSum, { stored, bytes, sums = new Map() }: Summed): string {
  const key = `${sum.of} ${describeSum(sum)}`;
  const known = sums.get(key);
  if (known !== undefined) return known;
  const of = sum.of === 'unpacked' ? bytes : stored;
  const computed = 'md5' in sum ? md5(of) : sha256(of);
  sums.set(key, computed);
  return computed;
}

function describeSum(sum: IdxSum): string {
  return 'md5' in sum ? 'MD5' : 'SHA-256';
}

function another({ title }: IdxSet, file: IdxFile, found: Found): EdgeMlpError {
  const { sum } = file;
  const owner = findOwner(found);
  const got = owner === undefined ? computeSum(sum, found) : `a file of ${owner.title}`;
  const size = (sum.of === 'unpacked' ? found.bytes : found.stored).length;
  return new EdgeMlpError(
    'bad-data',
    `${found.name}: expected ${title}'s ${file.name}, ${describeSum(sum)} ${wanted(sum)} ${sum.of}, got ${got} (${size} bytes)`,
  );
}

function checkShape(set: IdxSet, part: IdxPart, { bytes, name }: Found): void {
  const samples = part.startsWith('train') ? set.samples.training : set.samples.test;
  const expected = part.endsWith('Images') ? [samples, IDX_SIDE, IDX_SIDE] : [samples];
  const { shape } = parseIdx(bytes, name, [expected.length]);
  if (shape.join() === expected.join()) return;
  throw new EdgeMlpError(
    'bad-data',
    `${name}: expected ${expected.join(' × ')}, as ${set.title}'s ${set.files[part].name} has, got ${shape.join(' × ')}`,
  );
}
