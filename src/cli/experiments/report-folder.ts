/** Reports as folders: index.html, its data, and all figures as JSON. */
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EdgeMlpError } from '../../core/errors.ts';
import { checkWritable, exists, makeFolder, writeWhole } from '../../node/files.ts';
import type { ReportFolder } from '../../report/data-files.ts';
import { GENERATOR } from '../../report/html.ts';

const PAGE = 'index.html';
const FIGURES = 'figures.json';

/**
 * Before the work begins: the folder can be made and written, and a page in it that is not ours stays as it is.
 * Throws `file` or `bad-argument`.
 */
export async function prepareReportFolder(folder: string): Promise<void> {
  await makeFolder(folder);
  const page = join(folder, PAGE);
  if (await exists(page)) {
    const text = await readFile(page, 'utf8').catch(() => '');
    if (!text.includes(`<meta name="generator" content="${GENERATOR}">`)) {
      throw new EdgeMlpError(
        'bad-argument',
        `--out: expected an empty folder or one with a report of edge-mlp, got ${folder}, whose ${PAGE} is somebody else's`,
      );
    }
  }
  await checkWritable(page);
}

/** Writes the page last: where it is, everything is. Plots' data of an earlier report go. Returns the page's path. */
export async function writeReportFolder(folder: string, report: ReportFolder, figures: unknown): Promise<string> {
  const page = join(folder, PAGE);
  if (await exists(page)) await rm(join(folder, 'data'), { recursive: true, force: true });
  for (const [path, content] of report.files) {
    await makeFolder(dirname(join(folder, path)));
    await writeWhole(join(folder, path), content);
  }
  await writeWhole(join(folder, FIGURES), `${JSON.stringify(figures, null, 2)}\n`);
  await writeWhole(page, report.html);
  return page;
}
