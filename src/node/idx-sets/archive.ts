/** Members of a ZIP archive, on the web or on the disk: only as much of it is read as they take. */
import { open } from 'node:fs/promises';
import { EdgeMlpError } from '../../core/errors.ts';
import {
  ZIP_TAIL_BYTES,
  type ZipEntry,
  type ZipRange,
  ZipStream,
  zipDirectory,
  zipEntries,
  zipMember,
} from '../../data/zip.ts';
import { downloadRange, type OnBytes } from '../download.ts';
import { fileError } from '../files.ts';

/** What archives of sets are told by: members lie in folders that differ. */
export interface Archive {
  /** What a member holds, by the last part of its name. Throws `data-missing` or `bad-data`. */
  member(file: string, onProgress?: OnBytes): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * An archive on the web. Servers that give ranges are asked for the directory, then for members; of others all of it streams by,
 * and the wanted members are kept. Throws `data-missing` or `bad-data`.
 */
export async function remoteArchive(
  url: string,
  { wanted, onProgress }: { readonly wanted: readonly string[]; readonly onProgress?: OnBytes },
): Promise<Archive> {
  const stream = new ZipStream((member) => wanted.includes(lastPart(member)), url);
  const tail = await downloadRange(url, `-${ZIP_TAIL_BYTES}`, {
    ...(onProgress === undefined
      ? {}
      : { onProgress: (bytes, total) => (tailOnly(total) ? undefined : onProgress(bytes, total)) }),
    whole: () => (chunk) => stream.push(chunk),
  });
  if (tail === undefined) {
    stream.push(new Uint8Array(), true);
    return streamed(stream, url);
  }
  const read = async ({ start, end }: ZipRange, onBytes?: OnBytes) => {
    const options = onBytes === undefined ? {} : { onProgress: onBytes };
    const answer = await downloadRange(url, `${start}-${end - 1}`, options);
    return answer?.bytes ?? new Uint8Array();
  };
  return directed(read, tail.bytes, { bytes: tail.fileBytes, name: url });
}

function tailOnly(totalBytes: number | undefined): boolean {
  return totalBytes !== undefined && totalBytes <= ZIP_TAIL_BYTES;
}

/** An archive on the disk. Throws `file` or `bad-data`. */
export async function localArchive(path: string): Promise<Archive> {
  const read = ({ start, end }: ZipRange) => readRange(path, start, end);
  const { bytes, size } = await readTail(path);
  return directed(read, bytes, { bytes: size, name: path });
}

type Read = (range: ZipRange, onBytes?: OnBytes) => Promise<Uint8Array<ArrayBuffer>>;

async function directed(
  read: Read,
  tail: Uint8Array<ArrayBuffer>,
  archive: { readonly bytes: number; readonly name: string },
): Promise<Archive> {
  const { name } = archive;
  const directory = zipDirectory(tail, archive.bytes, name);
  const tailStart = archive.bytes - tail.length;
  const held = directory.start >= tailStart;
  const bytes = held ? tail.subarray(directory.start - tailStart, directory.end - tailStart) : await read(directory);
  const entries = zipEntries(bytes, directory.start, name);
  return {
    async member(file, onProgress) {
      const entry: ZipEntry = entries.find((other) => lastPart(other.name) === file) ?? none(file, name);
      return zipMember(await read(entry.range, onProgress), entry, name);
    },
  };
}

function streamed(stream: ZipStream, name: string): Archive {
  return {
    async member(file) {
      for (const [member, bytes] of stream.members()) if (lastPart(member) === file) return bytes;
      return none(file, name);
    },
  };
}

function none(file: string, name: string): never {
  throw new EdgeMlpError('data-missing', `${name}: expected ${file} in the archive, found none`);
}

/** Of a path, whatever its folders. Computers of one make put a hidden file of theirs beside every other. */
function lastPart(member: string): string {
  return member.startsWith('__MACOSX/') ? member : (member.split('/').at(-1) ?? member);
}

async function readTail(path: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; size: number }> {
  const { size } = await withFile(path, (file) => file.stat());
  return { bytes: await readRange(path, Math.max(0, size - ZIP_TAIL_BYTES), size), size };
}

function readRange(path: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  return withFile(path, async (file) => {
    const bytes = new Uint8Array(end - start);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
    return bytes.subarray(0, bytesRead);
  });
}

async function withFile<T>(path: string, use: (file: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> {
  const file = await open(path).catch((cause) => {
    throw fileError('read', path, cause);
  });
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
