/** Report folders: index.html, CSV files, and figures.json with all results and the list of the report's own files. */
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { isRecord } from '../../src/format/fields.ts';
import { checkFolderName, checkWritable, exists, makeFolder, writeWhole } from '../files.ts';
import type { ReportFolder } from '../report/data-files.ts';

const PAGE = 'index.html';
const FIGURES = 'figures.json';
const MODEL = 'best.safetensors';
const DATA = 'data';
/** Files and folders that a report may write. */
const NAMES = [PAGE, FIGURES, MODEL, 'picture.svg', DATA];
/** Files that a report may remove. */
const OWN_FILE = /^(index\.html|figures\.json|best\.safetensors|picture\.svg|data\/[\w-]+\.csv)$/;

/**
 * Creates the folder and checks, before long work, that the report can be written and will replace only files of an
 * earlier report. Throws EdgeMlpError "file" or "bad-argument".
 */
export async function prepareReportFolder(folder: string): Promise<void> {
  checkFolderName('--out', folder);
  await makeFolder(folder);
  const own = await ownFiles(folder);
  for (const name of NAMES) {
    const path = join(folder, name);
    if (!(await exists(path))) continue;
    if (!own.some((file) => file === name || file.startsWith(`${name}/`))) {
      const message = `--out: ${path} would be replaced, but no earlier report wrote it: name another folder`;
      throw new EdgeMlpError('bad-argument', message);
    }
    if (name !== DATA) await checkWritable(path);
  }
  await checkWritable(join(folder, PAGE));
}

/** Paths of a report. */
export interface ReportFiles {
  readonly page: string;
  readonly model: string | undefined;
}

/** Writes the page last, so that a page is always complete. Removes files of an earlier report that this one lacks. */
export async function writeReportFolder(
  folder: string,
  { report, figures, model }: { report: ReportFolder; figures: object; model?: Uint8Array | undefined },
): Promise<ReportFiles> {
  const contents = new Map<string, string | Uint8Array>(report.files);
  if (model !== undefined) contents.set(MODEL, model);
  const files = [...contents.keys(), FIGURES, PAGE];
  const stale = (await ownFiles(folder)).filter((file) => !files.includes(file));
  for (const [path, content] of contents) {
    await makeFolder(dirname(join(folder, path)));
    await writeWhole(join(folder, path), content);
  }
  await writeWhole(join(folder, FIGURES), `${JSON.stringify({ ...figures, files }, null, 2)}\n`);
  await writeWhole(join(folder, PAGE), report.html);
  for (const file of stale) await rm(join(folder, file), { force: true });
  return { page: join(folder, PAGE), model: model === undefined ? undefined : join(folder, MODEL) };
}

/** The files that an earlier report lists as its own. */
async function ownFiles(folder: string): Promise<string[]> {
  try {
    const figures: unknown = JSON.parse(await readFile(join(folder, FIGURES), 'utf8'));
    const files = isRecord(figures) && Array.isArray(figures.files) ? (figures.files as unknown[]) : [];
    return files.filter((file): file is string => typeof file === 'string' && OWN_FILE.test(file));
  } catch {
    // Without a readable list no file belongs to a report.
    return [];
  }
}
