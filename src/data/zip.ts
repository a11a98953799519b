/**
 * ZIP archives (PKWARE APPNOTE.TXT 6.3.10), as far as it takes to have single members of one: by its directory, where any part of
 * the archive can be read, or as it streams by. No ZIP64, no encryption. What a member holds is for the caller to check.
 */
import { Inflate, Unzip, type UnzipDecoder } from 'fflate';
import { concatenated } from '../core/bytes.ts';
import { count, EdgeMlpError } from '../core/errors.ts';

/** Enough of an archive's end to have its last record, with the longest comment that there can be: sections 4.3.16 and 4.4.12. */
export const ZIP_TAIL_BYTES = 22 + 0xffff;

/** More than any member that we know of; a directory that says more, or data that inflate to more, are refused. */
const MOST_BYTES = 2 ** 30;
const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const [STORED, DEFLATED] = [0, 8];

/** A range of the archive's bytes. */
export interface ZipRange {
  readonly start: number;
  readonly end: number;
}

export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly size: number;
  /** Where its header and its data are: up to the next member's, or to the directory. */
  readonly range: ZipRange;
  readonly packedSize: number;
}

/** Where the directory of an archive is, told by its last bytes. Throws `bad-data`. */
export function zipDirectory(tail: Uint8Array, archiveBytes: number, name: string): ZipRange {
  const view = viewOf(tail);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== END || at + 22 + view.getUint16(at + 20, true) !== tail.length) continue;
    const [size, start] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
    if (start + size > archiveBytes - tail.length + at) break;
    return { start, end: start + size };
  }
  throw new EdgeMlpError(
    'bad-data',
    `${name}: expected a ZIP archive, got ${count(archiveBytes)} bytes of something else`,
  );
}

/** The members, by their directory, which begins at byte `start` of the archive. Throws `bad-data`. */
export function zipEntries(directory: Uint8Array, start: number, name: string): ZipEntry[] {
  const view = viewOf(directory);
  const found: (Omit<ZipEntry, 'range'> & { readonly offset: number })[] = [];
  for (let at = 0; at < directory.length; ) {
    if (at + 46 > directory.length || view.getUint32(at, true) !== CENTRAL) throw broken(name);
    const u16 = (offset: number) => view.getUint16(at + offset, true);
    const [nameBytes, extraBytes, commentBytes] = [u16(28), u16(30), u16(32)];
    found.push({
      name: new TextDecoder().decode(directory.subarray(at + 46, at + 46 + nameBytes)),
      method: u16(10),
      packedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  const offsets = [...found.map(({ offset }) => offset), start].sort((a, b) => a - b);
  return found.map(({ offset, ...entry }) => {
    const end = offsets.find((other) => other > offset);
    if (end === undefined) throw broken(name);
    return { ...entry, range: { start: offset, end } };
  });
}

/** What a member holds, from the bytes of its range. Throws `bad-data`. */
export function zipMember(bytes: Uint8Array, entry: ZipEntry, name: string): Uint8Array<ArrayBuffer> {
  const { method, packedSize, size } = entry;
  const member = `${name}: ${entry.name}`;
  const view = viewOf(bytes);
  if (bytes.length < 30 || view.getUint32(0, true) !== LOCAL) throw broken(member);
  const start = 30 + view.getUint16(26, true) + view.getUint16(28, true);
  const data = bytes.subarray(start, start + packedSize);
  if (data.length !== packedSize || (view.getUint16(6, true) & 1) !== 0) throw broken(member);
  if (method !== STORED && method !== DEFLATED) {
    throw new EdgeMlpError('bad-data', `${member}: expected data stored or deflated, got method ${method}`);
  }
  const held = new Held(member, size);
  if (method === STORED) held.take(data);
  else inflateInto(held, data);
  const whole = held.bytes();
  if (whole.length !== size) throw broken(member);
  return whole;
}

/** Members of an archive that comes piece by piece, from its beginning: what nobody wants is not kept. */
export class ZipStream {
  readonly #unzip = new Unzip();
  readonly #held = new Map<string, Held>();
  readonly #done = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #name: string;

  constructor(wanted: (member: string) => boolean, name: string) {
    this.#name = name;
    const holdersOf = (member: string) => this.#held.get(member);
    for (const decoder of [stored(holdersOf), deflated(holdersOf)]) this.#unzip.register(decoder);
    this.#unzip.onfile = (file) => {
      if (wanted(file.name)) this.#held.set(file.name, new Held(`${name}: ${file.name}`, MOST_BYTES));
      file.ondata = (error, _, final) => {
        if (error !== null) throw broken(`${name}: ${file.name}`, error);
        const held = this.#held.get(file.name);
        if (!final || held === undefined) return;
        this.#done.set(file.name, held.bytes());
        this.#held.delete(file.name);
      };
      file.start();
    };
  }

  /** Throws `bad-data`. */
  push(chunk: Uint8Array, final = false): void {
    try {
      this.#unzip.push(chunk, final);
    } catch (error) {
      throw error instanceof EdgeMlpError ? error : broken(this.#name, error);
    }
  }

  /** Those that have come whole. */
  members(): ReadonlyMap<string, Uint8Array<ArrayBuffer>> {
    return this.#done;
  }
}

/** Parts of a member, no more of them than `most` bytes. */
class Held {
  readonly #name: string;
  readonly #most: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(name: string, most: number) {
    if (most > MOST_BYTES) throw tooMuch(name, MOST_BYTES);
    this.#name = name;
    this.#most = most;
  }

  take(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#most) throw tooMuch(this.#name, this.#most);
    this.#parts.push(part.slice());
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const whole = concatenated(this.#parts);
    this.#parts = [];
    return whole;
  }
}

/** deflate makes at most 1,032 bytes of one: a piece of this size becomes 64 MB at most before it is counted. */
const PIECE_BYTES = 2 ** 16;

function inflateInto(held: Held, data: Uint8Array): void {
  const inflate = new Inflate((part) => held.take(part));
  for (let at = 0; at < data.length; at += PIECE_BYTES) {
    inflate.push(data.subarray(at, at + PIECE_BYTES), at + PIECE_BYTES >= data.length);
  }
}

type Holders = (member: string) => Held | undefined;

/** Takes what is stored, of members that somebody holds. */
function stored(holdersOf: Holders) {
  return class Stored implements UnzipDecoder {
    static readonly compression = STORED;
    ondata: UnzipDecoder['ondata'] = () => {};
    readonly #held: Held | undefined;

    constructor(member: string) {
      this.#held = holdersOf(member);
    }

    push(data: Uint8Array, final: boolean): void {
      this.#held?.take(data);
      if (final) this.ondata(null, NOTHING, true);
    }
  };
}

/** Inflates what members hold that somebody holds; others are not even inflated. */
function deflated(holdersOf: Holders) {
  return class Deflated implements UnzipDecoder {
    static readonly compression = DEFLATED;
    ondata: UnzipDecoder['ondata'] = () => {};
    readonly #inflate: Inflate | undefined;

    constructor(member: string) {
      const held = holdersOf(member);
      this.#inflate = held === undefined ? undefined : new Inflate((part) => held.take(part));
    }

    push(data: Uint8Array, final: boolean): void {
      for (let at = 0; at < data.length; at += PIECE_BYTES) {
        const last = final && at + PIECE_BYTES >= data.length;
        this.#inflate?.push(data.subarray(at, at + PIECE_BYTES), last);
      }
      if (final && data.length === 0) this.#inflate?.push(NOTHING, true);
      if (final) this.ondata(null, NOTHING, true);
    }
  };
}

const NOTHING = new Uint8Array();

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function broken(name: string, cause?: unknown): EdgeMlpError {
  return new EdgeMlpError('bad-data', `${name}: expected a whole ZIP archive, got one that is damaged`, { cause });
}

function tooMuch(name: string, most: number): EdgeMlpError {
  return new EdgeMlpError('bad-data', `${name}: expected at most ${count(most)} bytes, got more`);
}
