/** Files and folders, with errors that name them. */
import { randomBytes } from 'node:crypto';
import { constants, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';
import { suggestName } from '../src/core/suggestion.ts';
import { onEarlyExit } from './interruption.ts';

/** Reads a whole file. Throws EdgeMlpError "file". */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await fs.readFile(path));
  } catch (cause) {
    const hint = isSystemError(cause) && cause.code === 'ENOENT' ? await suggestPath(path) : '';
    throw fileError('read', path, cause, hint);
  }
}

/** Throws EdgeMlpError "bad-argument" if nothing has this path. */
export async function checkExists(option: string, path: string): Promise<void> {
  if (await exists(path)) return;
  throw new EdgeMlpError('bad-argument', `${option}: no file or folder is called ${path}${await suggestPath(path)}`);
}

/** The end of a message about a path that does not exist, `: did you mean iris.csv?`, or nothing. */
export async function suggestPath(path: string): Promise<string> {
  const names = await fs.readdir(dirname(path)).catch(() => []);
  // A common extension does not make names similar.
  const stem = (file: string) => basename(file, extname(file));
  const similar = names.filter((name) => suggestName(stem(path), [stem(name)]) !== '');
  return suggestName(basename(path), similar);
}

/**
 * Writes a file atomically: into a temporary file in the same folder, then by renaming. Symbolic links are kept, and
 * devices and pipes are written to directly. Throws EdgeMlpError "file" and leaves an existing file unchanged.
 */
export async function writeWhole(path: string, content: Uint8Array | string | Iterable<string>): Promise<void> {
  try {
    const target = await resolveTarget(path);
    if (target.kind === 'other') return await fs.writeFile(target.path, content);
    const temporary = join(dirname(target.path), `.${basename(target.path)}.${randomBytes(6).toString('hex')}.part`);
    const file = await fs.open(temporary, 'wx');
    using _ = onEarlyExit(() => rmSync(temporary, { force: true }));
    try {
      // The new file has the permissions of the old one.
      if (target.mode !== undefined) await file.chmod(target.mode);
      await file.writeFile(content);
      await file.sync();
      await file.close();
      await fs.rename(temporary, target.path);
    } catch (error) {
      await file.close();
      await fs.rm(temporary, { force: true });
      throw error;
    }
  } catch (cause) {
    throw fileError('write', path, cause);
  }
}

/** Creates a folder and its parents. Throws EdgeMlpError "file". */
export async function makeFolder(path: string): Promise<void> {
  try {
    await fs.mkdir(path, { recursive: true });
  } catch {
    // With `recursive`, Node reports a read-only disk as a missing folder.
    await fs.mkdir(path).catch((cause) => {
      throw fileError('create the folder', path, cause);
    });
  }
}

/** Throws EdgeMlpError "file" unless `writeWhole` can write the path. */
export async function checkWritable(path: string): Promise<void> {
  try {
    const target = await resolveTarget(path);
    if (target.kind !== 'new') await fs.access(target.path, constants.W_OK);
    // The final separator requires a folder: a writable file in its place would pass the check otherwise.
    if (target.kind !== 'other') await fs.access(dirname(target.path) + sep, constants.W_OK);
  } catch (cause) {
    throw fileError('write', path, cause);
  }
}

/** Arguments of commands, for messages. */
const ARGUMENTS: Readonly<Record<string, string>> = { model: 'the model', input: 'the input' };

/** Paths, by option or argument. */
type Paths = Readonly<Record<string, string | undefined>>;

/**
 * Checks before long work that every output can be written and that no two inputs and outputs are one file. Only
 * --checkpoint may name the file of --resume. Throws EdgeMlpError "bad-argument" or "file".
 */
export async function checkOutputs(outputs: Paths, inputs: Paths): Promise<void> {
  const taken = new Map<string, string>();
  for (const [name, path] of [...Object.entries(inputs), ...Object.entries(outputs)]) {
    if (path === undefined) continue;
    const [option, target] = [ARGUMENTS[name] ?? `--${name}`, await followLinks(path)];
    const other = taken.get(target);
    if (other !== undefined && !(name === 'checkpoint' && other === '--resume')) {
      throw new EdgeMlpError('bad-argument', `${option} and ${other} must be different files, got ${path} for both`);
    }
    taken.set(target, option);
    if (name in outputs) await checkWritable(path);
  }
}

/** Contents of files, by extension. */
const CONTENTS: Readonly<Record<string, string>> = {
  '.safetensors': 'a model file',
  '.onnx': 'ONNX',
  '.json': 'JSON',
  '.h': 'a C header',
  '.html': 'HTML',
  '.csv': 'CSV',
  '.png': 'a PNG',
  // Other programs read and write these.
  '.pt': 'a PyTorch file',
  '.pth': 'a PyTorch file',
  '.h5': 'a Keras file',
  '.keras': 'a Keras file',
  '.tflite': 'a TensorFlow Lite file',
  '.pkl': 'a pickle',
  '.joblib': 'a pickle',
  '.npz': 'NumPy arrays',
};
/** Formats that `export` writes. */
const EXPORTED = ['.onnx', '.json', '.h'];

/** Throws EdgeMlpError "bad-argument" for an output with the extension of another format than that of `extension`. */
export function checkExtension(option: string, path: string | undefined, extension: keyof typeof CONTENTS): void {
  if (path === undefined) return;
  const given = extname(path).toLowerCase();
  if (given === extension || CONTENTS[given] === undefined) return;
  const renamed = `${path.slice(0, -given.length)}${extension}`;
  const isExported = extension === '.safetensors' && EXPORTED.includes(given);
  const next = isExported ? `: write ${renamed}, then run edge-mlp export ${renamed} --out ${path}` : '';
  const message = `${option}: expected a name ending in ${extension}, because the output is ${CONTENTS[extension]}, got ${path}`;
  throw new EdgeMlpError('bad-argument', `${message}${next}`);
}

/** Throws EdgeMlpError "bad-argument" for a folder with the extension of a file. */
export function checkFolderName(option: string, path: string): void {
  if (CONTENTS[extname(path).toLowerCase()] === undefined) return;
  throw new EdgeMlpError('bad-argument', `${option}: expected the name of a folder, got the file name ${path}`);
}

interface Target {
  readonly path: string;
  /** other: a device or a pipe. */
  readonly kind: 'new' | 'file' | 'other';
  /** Permissions of an existing file. */
  readonly mode?: number;
}

/** Throws an error for a folder, or the system's error. */
async function resolveTarget(path: string): Promise<Target> {
  const target = await followLinks(path);
  if (!(await exists(target))) return { path: target, kind: 'new' };
  const status = await fs.stat(target);
  if (status.isDirectory()) throw new Error('it is a folder');
  return { path: target, kind: status.isFile() ? 'file' : 'other', mode: status.mode & 0o777 };
}

/** The path at the end of a chain of symbolic links; the last file need not exist. */
async function followLinks(path: string): Promise<string> {
  let current = resolve(path);
  for (let hops = 0; hops < 40; hops++) {
    const link = await fs.readlink(current).catch(() => undefined);
    // /dev/stdout may link to a pipe, which has no path.
    if (link === undefined || /^(pipe|socket|anon_inode):/.test(link)) break;
    current = resolve(dirname(current), link);
  }
  const folder = await fs.realpath(dirname(current)).catch(() => dirname(current));
  return join(folder, basename(current));
}

export async function isFolder(path: string): Promise<boolean> {
  return (await exists(path)) && (await fs.stat(path)).isDirectory();
}

export async function exists(path: string): Promise<boolean> {
  return fs.access(path).then(
    () => true,
    () => false,
  );
}

/** The first path at which nothing exists: stem and suffix, then stem-2 and suffix, stem-3 and suffix … */
export async function freePath(stem: string, suffix: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? `${stem}${suffix}` : `${stem}-${number}${suffix}`;
    if (!(await exists(candidate))) return candidate;
  }
}

/** Folder for downloads and finished runs: $EDGE_MLP_CACHE, or the system's cache folder. */
export function cacheFolder(): string {
  const { EDGE_MLP_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (EDGE_MLP_CACHE) return EDGE_MLP_CACHE;
  if (process.platform === 'win32') {
    return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'edge-mlp', 'Cache');
  }
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'edge-mlp');
  return join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'edge-mlp');
}

/** An EdgeMlpError "file" with the system's reason in words. `hint` ends the message. */
export function fileError(verb: string, path: string, cause: unknown, hint = ''): EdgeMlpError {
  return new EdgeMlpError('file', `cannot ${verb} ${path}: ${describeReason(cause)}${hint}`, { cause });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is reached',
  EFBIG: 'the file is larger than the limit of the system (ulimit -f)',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'a file has this name',
  ELOOP: 'a chain of symbolic links has no end',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open (ulimit -n)',
  EIO: 'the device failed',
};

/** The system's reason in words, or the message of any other error. */
export function describeReason(cause: unknown): string {
  return REASONS[isSystemError(cause) ? (cause.code ?? '') : ''] ?? errorMessage(cause);
}

/** Whether the system refused an operation. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'errno' in error;
}
