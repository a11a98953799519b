/** Pieces of data sets: what they hold, and what several of them are together. */
import type { z } from '@hono/zod-openapi';
import type { DatasetSchema, PieceSchema } from '../../src/api/index.ts';
import type { PictureFit } from '../../src/core/dataset.ts';
import { formatNumber } from '../../src/core/errors.ts';
import { maskBytes } from '../../src/core/packed.ts';
import { checkClasses, sortClasses } from '../../src/data/classes.ts';
import { CsvTable } from '../../src/data/csv-table.ts';
import { decodeText } from '../../src/data/decode.ts';
import { parseIdx } from '../../src/data/idx.ts';
import { HttpError } from '../errors.ts';
import { sha256Text } from '../hash.ts';
import { LIMITS } from '../limits.ts';

export type PieceRecord = z.infer<typeof PieceSchema>;
export type PicturesRecord = Extract<PieceRecord, { kind: 'pictures' }>;
export type TableRecord = Extract<PieceRecord, { kind: 'table' }>;

/** A record with the name of its piece. */
export type StoredRecord = PieceRecord & { readonly sha256: string };

/** What makes a set of pieces; `hashes` are theirs, in their order. */
export type Manifest = z.infer<typeof DatasetSchema> & {
  readonly hashes: { readonly training: readonly string[]; readonly test: readonly string[] };
};
export type PicturesManifest = Extract<Manifest, { kind: 'pictures' }>;
export type TableManifest = Extract<Manifest, { kind: 'table' }>;

export interface Pictures {
  readonly labels: Uint8Array;
  /** [samples][rows][columns] */
  readonly pixels: Uint8Array;
  readonly rows: number;
  readonly columns: number;
}

/** An IDX file of labels [n] and, right behind it, one of images [n][rows][columns]. Throws `bad-data` or 400. */
export function parsePictures(bytes: Uint8Array<ArrayBuffer>, name: string): Pictures {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = bytes.length < 8 ? 0 : view.getUint32(4);
  const labels = parseIdx(bytes.subarray(0, 8 + samples), `${name}: labels`, [1]);
  const images = parseIdx(bytes.subarray(8 + samples), `${name}: images`, [3]);
  const [pictures = 0, rows = 0, columns = 0] = images.shape;
  if (pictures !== samples || samples === 0 || rows * columns === 0) {
    const got = images.shape.join(' × ');
    throw new HttpError(
      400,
      `${name}: expected as many images as labels, ${formatNumber(samples)}, at least one, got ${got}`,
    );
  }
  return { labels: labels.data, pixels: images.data, rows, columns };
}

/** Throws `bad-data` or 400. */
export function picturesRecord(bytes: Uint8Array<ArrayBuffer>): PicturesRecord {
  const { labels, pixels, rows, columns } = parsePictures(bytes, 'the piece');
  let nonZero = 0;
  for (const byte of pixels) if (byte !== 0) nonZero++;
  const classes = 1 + labels.reduce((most, label) => Math.max(most, label), 0);
  return { kind: 'pictures', samples: labels.length, rows, columns, classes, nonZero };
}

/** CSV: a header and whole rows. Throws `bad-data` that names line and column, or 413. */
export function tableRecord(bytes: Uint8Array<ArrayBuffer>, labelColumn: string | undefined): TableRecord {
  const table = new CsvTable({ name: 'the piece', ...(labelColumn === undefined ? {} : { labelColumn }) });
  table.append(decodeText(bytes, 'the piece'));
  const { samples, features, labelName, delimiter, classes } = table;
  const named = [...features, ...classes].reduce((total, { length }) => total + length, 0);
  if (named > LIMITS.tableNames) {
    throw new HttpError(
      413,
      `the piece: expected headers and classes of at most ${formatNumber(LIMITS.tableNames)} characters in all, got ${formatNumber(named)}`,
    );
  }
  return {
    ...{ kind: 'table', samples, bytes: bytes.length, labelName, delimiter },
    ...{ features: [...features], classes: [...classes] },
  };
}

/** The set that pieces make. Throws 400 where they are unlike, or `bad-data`. */
export async function buildManifest(
  name: string,
  { training, test, ...described }: { training: readonly StoredRecord[]; test: readonly StoredRecord[] } & Described,
): Promise<Manifest> {
  const pickHash = (record: StoredRecord) => record.sha256;
  const hashes = { training: training.map(pickHash), test: test.map(pickHash) };
  const { classNames, pictures } = described;
  const said = classNames === undefined && pictures === undefined ? hashes : { hashes, classNames, pictures };
  const identity = { hashes, sha256: await sha256Text(JSON.stringify(said)), created: new Date().toISOString() };
  return { ...describePictures(name, training, test, described), ...identity };
}

/** What is said of pictures beside the pieces. */
export interface Described {
  readonly classNames?: string[] | undefined;
  readonly pictures?: PictureFit | undefined;
}

type Info = Omit<PicturesManifest, keyof Identity> | Omit<TableManifest, keyof Identity>;
type Identity = Pick<Manifest, 'hashes' | 'sha256' | 'created'>;

function describePictures(
  name: string,
  training: readonly PieceRecord[],
  test: readonly PieceRecord[],
  { classNames, pictures: fit }: Described,
): Info {
  const [first] = training;
  if (first === undefined) throw new HttpError(400, 'training: expected at least one piece, got none');
  if (first.kind === 'table') {
    if (test.length > 0) throw new HttpError(400, `${name}: expected no test pieces, as a table has none`);
    if (classNames !== undefined || fit !== undefined) {
      throw new HttpError(400, `${name}: expected no classNames and no pictures, as a table has its own classes`);
    }
    return describeTable(name, first, training);
  }
  const pictures = (record: PieceRecord) => (record.kind === 'pictures' ? [record] : []);
  const parts = { training: training.flatMap(pictures), test: test.flatMap(pictures) };
  const { rows, columns } = first;
  const all = [...parts.training, ...parts.test];
  const alike = all.length === training.length + test.length;
  if (!alike || !all.every((record) => record.rows === rows && record.columns === columns)) {
    throw new HttpError(400, `${name}: expected pieces of ${rows} × ${columns} pixels, got others among them`);
  }
  const found = Math.max(...all.map(({ classes }) => classes));
  if (classNames !== undefined && (classNames.length < found || new Set(classNames).size < classNames.length)) {
    const got = `${classNames.length}: ${classNames.join(', ')}`;
    throw new HttpError(400, `${name}: classNames: expected ${found} or more that differ, got ${got}`);
  }
  return {
    ...{ kind: 'pictures', name, rows, columns, classes: classNames?.length ?? found },
    ...(classNames === undefined ? {} : { classNames }),
    ...(fit === undefined ? {} : { pictures: fit }),
    training: together(parts.training),
    test: parts.test.length === 0 ? null : together(parts.test),
  };
}

function describeTable(
  name: string,
  first: TableRecord,
  records: readonly PieceRecord[],
): Omit<TableManifest, keyof Identity> {
  const { features, labelName, delimiter } = first;
  const formatHead = (record: TableRecord) => JSON.stringify([record.features, record.labelName, record.delimiter]);
  const tables = records.map((record, piece) => {
    if (record.kind === 'table' && formatHead(record) === formatHead(first)) return record;
    const got = record.kind === 'table' ? headText(record) : 'pictures';
    throw new HttpError(400, `${name}: expected pieces of ${headText(first)}, got ${got} in piece ${piece}`);
  });
  const classes = sortClasses(tables.flatMap((record) => record.classes));
  checkClasses(classes, name);
  return {
    ...{ kind: 'table', name, features, labelName, delimiter, classes, test: null },
    training: {
      pieces: tables.length,
      samples: tables.reduce((total, { samples }) => total + samples, 0),
      pieceBytes: Math.max(...tables.map(({ bytes }) => bytes)),
    },
  };
}

function headText({
  features,
  labelName,
  delimiter,
}: Pick<TableRecord, 'features' | 'labelName' | 'delimiter'>): string {
  return `features ${features.join(', ')} and classes ${labelName} between ${JSON.stringify(delimiter)}`;
}

function together(records: readonly PicturesRecord[]): PicturesManifest['training'] {
  const sum = (of: (record: PicturesRecord) => number) => records.reduce((total, record) => total + of(record), 0);
  return { pieces: records.length, samples: sum(({ samples }) => samples), nonZero: sum(({ nonZero }) => nonZero) };
}

/** Bytes that pictures take in a job: packed, as they are read and in linear memory. */
export function picturesBytes({ rows, columns, training, test }: PicturesManifest): number {
  const pixels = rows * columns;
  const packed = ({ samples, nonZero }: PicturesManifest['training']) =>
    samples * (maskBytes(pixels) + Uint32Array.BYTES_PER_ELEMENT + Uint16Array.BYTES_PER_ELEMENT) + nonZero;
  return 2 * (packed(training) + (test === null ? 0 : packed(test)));
}

/**
 * Bytes that a table takes in a job, at most: first its numbers and a piece of it, as bytes and as text of two bytes a character;
 * then, before the first of them can go, the numbers as they were read, split and scaled, and what splitting and scaling need.
 */
export function tableBytes({ features, training }: TableManifest): number {
  const { samples, pieceBytes } = training;
  const inputs = features.length * Float32Array.BYTES_PER_ELEMENT;
  const label = Uint16Array.BYTES_PER_ELEMENT;
  const index = Uint32Array.BYTES_PER_ELEMENT;
  const reading = samples * (inputs + index) + 3 * pieceBytes;
  const splitting = samples * (3 * (inputs + label) + index + Float64Array.BYTES_PER_ELEMENT);
  return Math.max(reading, splitting);
}
