/** Reports as folders: index.html, its data, and all figures as JSON, which lists the files that are the report's own. */
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { isRecord } from '../../src/format/fields.ts';
import { checkWritable, exists, makeFolder, writeWhole } from '../files.ts';
import type { ReportFolder } from '../report/data-files.ts';

const PAGE = 'index.html';
const FIGURES = 'figures.json';
const MODEL = 'best.safetensors';
const DATA = 'data';
/** What a report may write, in its folder. */
const NAMES = [PAGE, FIGURES, MODEL, 'picture.svg', DATA];
/** What a report may have written: nothing else is ever removed. */
const OWN_FILE = /^(index\.html|figures\.json|best\.safetensors|picture\.svg|data\/[\w-]+\.csv)$/;

export interface ReportOutput {
  readonly report: ReportFolder;
  readonly figures: Readonly<Record<string, unknown>>;
  /** The best model's bytes, where there is one. */
  readonly model?: Uint8Array | undefined;
}

/**
 * Before the work begins: the folder can be made and written, and nothing in it that is not an earlier report's would be
 * written over. Throws `file` or `bad-argument`.
 */
export async function prepareReportFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  const own = await ownFiles(folder);
  for (const name of NAMES) {
    const path = join(folder, name);
    if (!(await exists(path))) continue;
    if (!own.some((file) => file === name || file.startsWith(`${name}/`))) {
      throw new EdgeMlpError(
        'bad-argument',
        `--out: expected a folder in which ${NAMES.join(', ')} are not there or are an earlier report's, got ${folder}, whose ${name} is somebody else's`,
      );
    }
    if (name !== DATA) await checkWritable(path);
  }
  await checkWritable(join(folder, PAGE));
}

/** Writes the page last: where it is, everything is. Files of an earlier report that this one has not are removed. */
export async function writeReportFolder(
  folder: string,
  { report, figures, model }: ReportOutput,
): Promise<{ page: string; model: string | undefined }> {
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

/** The files that an earlier report in this folder lists as its own. */
async function ownFiles(folder: string): Promise<string[]> {
  try {
    const figures: unknown = JSON.parse(await readFile(join(folder, FIGURES), 'utf8'));
    const files = isRecord(figures) && Array.isArray(figures.files) ? (figures.files as unknown[]) : [];
    return files.filter((file): file is string => typeof file === 'string' && OWN_FILE.test(file));
  } catch {
    // None, or none of ours: then nothing in the folder is.
    return [];
  }
}
