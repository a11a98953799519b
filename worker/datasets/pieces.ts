/** Pieces of data sets: their contents, and the data sets that they form. */
import {
  copyColumn,
  type DatasetInfo,
  type DatasetRequest,
  type Piece,
  type PieceList,
} from '../../src/api/datasets.ts';
import { formatNumber } from '../../src/core/errors.ts';
import { maskBytes } from '../../src/core/packed.ts';
import { arePlainNumbers, countInputs, type TableColumn } from '../../src/core/table-columns.ts';
import { checkClasses, sortClasses } from '../../src/data/classes.ts';
import { CsvTable, type TableOptions } from '../../src/data/csv-table.ts';
import { decodeText } from '../../src/data/decode.ts';
import { parseIdx } from '../../src/data/idx.ts';
import { omitUndefined } from '../../src/format/fields.ts';
import { badRequest, HttpError } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { LIMITS } from '../limits.ts';

type PicturesPiece = Extract<Piece, { kind: 'pictures' }>;
type TablePiece = Extract<Piece, { kind: 'table' }>;

export type StoredPiece = Piece & { readonly sha256: string };

/** A finished data set, with the hashes of its pieces in order. */
export type Manifest = DatasetInfo & {
  readonly hashes: { readonly training: readonly string[]; readonly test: readonly string[] };
};
export type PicturesManifest = Extract<Manifest, { kind: 'pictures' }>;
export type TableManifest = Extract<Manifest, { kind: 'table' }>;

type Identity = Pick<Manifest, 'hashes' | 'sha256' | 'created'>;
type Description = Pick<DatasetRequest, 'classNames' | 'pictures'>;

interface Pieces {
  readonly training: readonly StoredPiece[];
  readonly test: readonly StoredPiece[];
}

export interface Pictures {
  readonly labels: Uint8Array;
  /** [samples][rows][columns] */
  readonly pixels: Uint8Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * An IDX file of labels [n], directly followed by an IDX file of images [n][rows][columns]. Throws `bad-data` or 400.
 */
export function parsePictures(bytes: Uint8Array<ArrayBuffer>, name: string): Pictures {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = bytes.length < 8 ? 0 : view.getUint32(4);
  const labels = parseIdx(bytes.subarray(0, 8 + samples), `${name}: labels`, [1]);
  const images = parseIdx(bytes.subarray(8 + samples), `${name}: images`, [3]);
  const [pictures = 0, rows = 0, columns = 0] = images.shape;
  if (pictures !== samples || samples === 0 || rows * columns === 0) {
    const got = images.shape.join(' × ');
    throw badRequest(`${name}: expected one image per label (${formatNumber(samples)}) and at least one, got ${got}`);
  }
  return { labels: labels.data, pixels: images.data, rows, columns };
}

/** Throws `bad-data` or 400. */
export function describePictures(bytes: Uint8Array<ArrayBuffer>): PicturesPiece {
  const { labels, pixels, rows, columns } = parsePictures(bytes, 'the piece');
  let nonZero = 0;
  for (const byte of pixels) if (byte !== 0) nonZero++;
  const classes = 1 + labels.reduce((most, label) => Math.max(most, label), 0);
  return { kind: 'pictures', samples: labels.length, rows, columns, classes, nonZero };
}

/** CSV with a header and complete rows. Throws `bad-data` with line and column, or 413. */
export function describeTable(bytes: Uint8Array<ArrayBuffer>, options: TableOptions = {}): TablePiece {
  const table = new CsvTable({ name: 'the piece', ...options });
  table.append(decodeText(bytes, 'the piece'));
  table.checkMissing();
  const { samples, features, labelName, targets, weightName, columns } = table;
  const classes = targets.length > 0 ? [] : table.classes;
  checkTexts('the piece', [...features, ...targets, ...classes], columns);
  return {
    kind: 'table',
    samples,
    bytes: bytes.length,
    labelName,
    delimiter: table.reading.delimiter,
    features: [...features],
    classes: [...classes],
    ...(arePlainNumbers(columns) ? {} : { tableColumns: columns.map(copyColumn) }),
    ...(options.missing === undefined ? {} : { missing: options.missing }),
    ...(targets.length === 0 ? {} : { targets: [...targets] }),
    ...(weightName === undefined ? {} : { weightName }),
  };
}

/** The bytes of a piece and how they were read: clients send a piece again if either differs. */
export function identifyPiece(piece: StoredPiece): Omit<PieceList['pieces'][number], 'part' | 'number'> {
  const { sha256 } = piece;
  if (piece.kind === 'pictures') return { sha256, labelName: null };
  const { labelName, targets, weightName, missing, tableColumns } = piece;
  const categories = tableColumns?.filter(({ kind }) => kind === 'categories').map(({ name }) => name);
  return { sha256, labelName, ...omitUndefined({ targets, weightName, missing, categories }) };
}

/** Throws 413 for names and categories that are too long for a row of the storage. */
function checkTexts(subject: string, names: readonly string[], columns: readonly TableColumn[] = []): void {
  const texts = columns.flatMap((column) => (column.kind === 'categories' ? column.categories : []));
  const characters = [...names, ...texts].reduce((total, { length }) => total + length, 0);
  if (characters <= LIMITS.tableNames) return;
  const most = formatNumber(LIMITS.tableNames);
  const message = `${subject}: expected headers, classes and categories with a total of at most ${most} characters, got ${formatNumber(characters)}`;
  throw new HttpError(413, message);
}

/** How the pieces of a table are read again. */
export function pickDialect({ delimiter, missing }: TableManifest): TableOptions {
  return { delimiter, missing, header: true };
}

/** The data set that pieces form. Throws 400 if the pieces differ in form, 413 for too many names, or `bad-data`. */
export async function buildManifest(name: string, pieces: Pieces, description: Description): Promise<Manifest> {
  const hashes = {
    training: pieces.training.map((piece) => piece.sha256),
    test: pieces.test.map((piece) => piece.sha256),
  };
  const info = describeSet(name, pieces, description);
  const identity = JSON.stringify({ hashes, ...describeReading(info, description) });
  return { ...info, hashes, sha256: await sha256(identity), created: new Date().toISOString() };
}

/** How the pieces are read: with their bytes, this determines the samples. */
function describeReading(info: ReturnType<typeof describeSet>, { classNames, pictures }: Description): object {
  if (info.kind === 'pictures') return { classNames, pictures };
  const { labelName, targets, weightName, missing, tableColumns } = info;
  return { labelName, targets, weightName, missing, tableColumns };
}

function describeSet(name: string, { training, test }: Pieces, description: Description) {
  const [first] = training;
  if (first === undefined) throw badRequest('training: expected at least one piece, got none');
  if (first.kind === 'pictures') return combinePictures(name, first, { training, test }, description);
  if (test.length > 0) throw badRequest(`${name}: expected no test pieces, as tables have training pieces only`);
  if (description.classNames !== undefined || description.pictures !== undefined) {
    throw badRequest(`${name}: classNames and pictures cannot describe a table: its label column has the classes`);
  }
  return combineTables(name, first, training);
}

function combinePictures(
  name: string,
  { rows, columns }: PicturesPiece,
  { training, test }: Pieces,
  { classNames, pictures: fit }: Description,
): Omit<PicturesManifest, keyof Identity> {
  const select = (pieces: readonly Piece[]) =>
    pieces.map((piece) => {
      if (piece.kind === 'pictures' && piece.rows === rows && piece.columns === columns) return piece;
      throw badRequest(`${name}: expected only pieces of ${rows} × ${columns} pixels, got a different one`);
    });
  const parts = { training: select(training), test: select(test) };
  const labels = Math.max(...[...parts.training, ...parts.test].map(({ classes }) => classes));
  if (classNames !== undefined && (classNames.length < labels || new Set(classNames).size < classNames.length)) {
    const got = `${classNames.length}: ${classNames.join(', ')}`;
    throw badRequest(`${name}: classNames: expected at least ${labels} distinct names, got ${got}`);
  }
  return {
    kind: 'pictures',
    name,
    rows,
    columns,
    classes: classNames?.length ?? labels,
    ...(classNames === undefined ? {} : { classNames: [...classNames] }),
    ...(fit === undefined ? {} : { pictures: fit }),
    training: sumPictures(parts.training),
    test: parts.test.length === 0 ? null : sumPictures(parts.test),
  };
}

function sumPictures(pieces: readonly PicturesPiece[]): PicturesManifest['training'] {
  return {
    pieces: pieces.length,
    samples: pieces.reduce((total, { samples }) => total + samples, 0),
    nonZero: pieces.reduce((total, { nonZero }) => total + nonZero, 0),
  };
}

function combineTables(name: string, first: TablePiece, pieces: readonly Piece[]): Omit<TableManifest, keyof Identity> {
  const { features, labelName, targets, weightName, delimiter, missing } = first;
  const expected = formatColumns(first);
  const tables = pieces.map((piece, number) => {
    const got = piece.kind === 'table' ? formatColumns(piece) : 'pictures';
    if (piece.kind === 'table' && got === expected) return piece;
    throw badRequest(`${name}: expected pieces with ${expected}, got ${got} in piece ${number}`);
  });
  const classes = sortClasses(tables.flatMap((piece) => piece.classes));
  if (targets === undefined) checkClasses(classes, name);
  const columns = first.tableColumns?.map((column, i) => combineColumns(column, tables, i));
  checkTexts(name, [...features, ...(targets ?? []), ...classes], columns);
  return {
    kind: 'table',
    name,
    features,
    labelName,
    delimiter,
    classes,
    ...(columns === undefined ? {} : { tableColumns: columns }),
    ...(missing === undefined ? {} : { missing }),
    ...(targets === undefined ? {} : { targets }),
    ...(weightName === undefined ? {} : { weightName }),
    test: null,
    training: {
      pieces: tables.length,
      samples: tables.reduce((total, { samples }) => total + samples, 0),
      pieceBytes: Math.max(...tables.map(({ bytes }) => bytes)),
    },
  };
}

/** A column with the categories of each piece. */
function combineColumns(column: TableColumn, pieces: readonly TablePiece[], index: number) {
  const categories = pieces.flatMap(({ tableColumns }) => {
    const other = tableColumns?.[index];
    return other?.kind === 'categories' ? other.categories : [];
  });
  return copyColumn(column.kind === 'number' ? column : { ...column, categories: sortClasses(categories) });
}

function formatColumns(piece: TablePiece): string {
  const { features, labelName, targets, weightName, delimiter, missing = 'refuse' } = piece;
  const names = features.map((feature, i) => {
    const isText = piece.tableColumns?.[i]?.kind === 'categories';
    return `${JSON.stringify(feature)}${isText ? ' of texts' : ''}`;
  });
  const policy = missing === 'refuse' ? '' : `, missing ${missing}`;
  const outputs = targets === undefined ? `labels ${JSON.stringify(labelName)}` : `targets ${JSON.stringify(targets)}`;
  const weights = weightName === undefined ? '' : `, weights ${JSON.stringify(weightName)}`;
  return `features ${names.join(', ')}, ${outputs}${weights} and delimiter ${JSON.stringify(delimiter)}${policy}`;
}

/** Bytes of packed pictures in a job: once as read, once in linear memory. */
export function countPicturesBytes({ rows, columns, training, test }: PicturesManifest): number {
  const pixels = rows * columns;
  const packed = ({ samples, nonZero }: PicturesManifest['training']) =>
    samples * (maskBytes(pixels) + Uint32Array.BYTES_PER_ELEMENT + Uint16Array.BYTES_PER_ELEMENT) + nonZero;
  return 2 * (packed(training) + (test === null ? 0 : packed(test)));
}

/**
 * Greatest number of bytes of a table in a job. While reading: the cells, their inputs, and one piece as bytes and as
 * text of two bytes per character. Then: the numbers as read, split, filled and scaled, and what splitting and scaling
 * need.
 */
export function countTableBytes(manifest: TableManifest): number {
  const { features, tableColumns, missing, targets, weightName, training } = manifest;
  const { samples, pieceBytes } = training;
  const cells = features.length * Float32Array.BYTES_PER_ELEMENT;
  const inputs = countInputs(tableColumns ?? []) * Float32Array.BYTES_PER_ELEMENT || cells;
  const numbers = (targets?.length ?? 0) + Number(weightName !== undefined);
  const label = (targets === undefined ? Uint16Array.BYTES_PER_ELEMENT : 0) + numbers * Float32Array.BYTES_PER_ELEMENT;
  const index = Uint32Array.BYTES_PER_ELEMENT;
  const reading = samples * (cells + (tableColumns === undefined ? 0 : inputs) + index) + 3 * pieceBytes;
  const filled = missing === 'mean' || missing === 'most-frequent' ? inputs : 0;
  const splitting = samples * (3 * (inputs + label) + filled + index + Float64Array.BYTES_PER_ELEMENT);
  return Math.max(reading, splitting);
}
