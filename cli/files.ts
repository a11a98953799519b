/** Files, with errors that name them. */
import { randomBytes } from 'node:crypto';
import {
  access,
  constants,
  mkdir,
  open,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';

/** Reads a whole file. Throws `file`. */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw fileError('read', path, cause);
  }
}

/**
 * Writes a file whole or not at all: into a neighbour first, to the disk, then by renaming. A link stays a link, and what is
 * no file, such as a device, is written to as it is. Throws `file`, and then whatever was at `path` is there as it was.
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  try {
    const target = await resolveTarget(path);
    if (target.kind === 'other') return await writeFile(target.path, content);
    const temporary = join(dirname(target.path), `.${basename(target.path)}.${randomBytes(6).toString('hex')}.part`);
    const file = await open(temporary, 'wx');
    try {
      // A private file stays private.
      if (target.mode !== undefined) await file.chmod(target.mode);
      await file.writeFile(content);
      await file.sync();
      await file.close();
      await rename(temporary, target.path);
    } catch (error) {
      await file.close();
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (cause) {
    throw fileError('write', path, cause);
  }
}

/** Makes a folder and its parents. Throws `file`. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw fileError('make folder', path, cause);
  }
}

/** Finds out, before long work, that its result can be put where it is wanted. Throws `file`. */
export async function checkWritable(path: string): Promise<void> {
  try {
    const target = await resolveTarget(path);
    if (target.kind !== 'new') await access(target.path, constants.W_OK);
    // A file is replaced by renaming. The separator at the end asks for a folder: without it a writable file would do.
    if (target.kind !== 'other') await access(dirname(target.path) + sep, constants.W_OK);
  } catch (cause) {
    throw fileError('write', path, cause);
  }
}

interface Target {
  readonly path: string;
  readonly kind: 'new' | 'file' | 'other';
  /** Permissions of the file that is there. */
  readonly mode?: number;
}

/** Where writing to `path` ends. Throws the system's error where it is a folder. */
async function resolveTarget(path: string): Promise<Target> {
  const followed = await followLinks(path);
  if (!(await exists(followed))) return { path: followed, kind: 'new' };
  const status = await stat(followed);
  if (status.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  return { path: followed, kind: status.isFile() ? 'file' : 'other', mode: status.mode & 0o777 };
}

/** The path at the end of a chain of links, whether there is a file or not. */
export async function followLinks(path: string): Promise<string> {
  let current = resolve(path);
  for (let hops = 0; hops < 40; hops++) {
    const link = await readlink(current).catch(() => undefined);
    // What /dev/stdout leads to is no path, where it is a pipe.
    if (link === undefined || /^(pipe|socket|anon_inode):/.test(link)) break;
    current = resolve(dirname(current), link);
  }
  const folder = await realpath(dirname(current)).catch(() => dirname(current));
  return join(folder, basename(current));
}

/** True where a file or folder is. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** `path`, or where something is there already the first of path-2, path-3 … where nothing is; the number stands before `suffix`. */
export async function freePath(path: string, suffix: string): Promise<string> {
  const stem = path.slice(0, -suffix.length);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${stem}-${number}${suffix}`;
    if (!(await exists(candidate))) return candidate;
  }
}

/** What the system refused, as `file`. */
export function fileError(verb: string, path: string, cause: unknown): EdgeMlpError {
  return new EdgeMlpError('file', `cannot ${verb} ${path}: ${describeReason(cause)}`, { cause });
}

function describeReason(cause: unknown): string {
  const reasons: Record<string, string> = {
    ENOENT: 'no such file or folder',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the disk is read-only',
    ENOSPC: 'the disk is full',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of the path is no folder',
  };
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return reasons[code] ?? errorMessage(cause);
}
