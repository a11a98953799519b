/** Files, with errors that name them. */
import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { EdgeMlpError, messageOf } from '../core/errors.ts';

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
    const target = await targetOf(path);
    if (target.kind === 'other') return await writeFile(target.path, content);
    const temporary = join(dirname(target.path), `.${basename(target.path)}.${randomBytes(6).toString('hex')}.part`);
    const file = await open(temporary, 'wx');
    try {
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
    const target = await targetOf(path);
    // The separator at the end asks for a folder: without it a writable file would do.
    await access(dirname(resolve(target.path)) + sep, constants.W_OK);
    if (target.kind !== 'new') await access(target.path, constants.W_OK);
  } catch (cause) {
    throw fileError('write', path, cause);
  }
}

/** Where writing to `path` ends, links followed. Throws the system's error where it is a folder. */
async function targetOf(path: string): Promise<{ readonly path: string; readonly kind: 'new' | 'file' | 'other' }> {
  if (!(await exists(path))) return { path, kind: 'new' };
  const real = await realpath(path);
  const status = await stat(real);
  if (status.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  return { path: real, kind: status.isFile() ? 'file' : 'other' };
}

/** True where a file or folder is. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function fileError(verb: string, path: string, cause: unknown): EdgeMlpError {
  return new EdgeMlpError('file', `cannot ${verb} ${path}: ${reasonOf(cause)}`, { cause });
}

function reasonOf(cause: unknown): string {
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
  return reasons[code] ?? messageOf(cause);
}
