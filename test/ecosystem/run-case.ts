import { deepStrictEqual } from 'node:assert';
import { DIGIT_LABELS, runSources } from './app.ts';
import type { Case } from './case.ts';
import { Project } from './project.ts';

/**
 * Runs a case in a folder that has the package installed; `tools` is the folder whose node_modules has the tools. Throws
 * if a result differs from the result of the sources in any bit.
 */
export async function runCase(row: Case, folder: string, tools: string = folder): Promise<void> {
  const project = new Project(folder, tools);
  try {
    const expected = await runSources(project.model);
    deepStrictEqual([expected.xor, expected.digits], [[0, 1, 1, 0], DIGIT_LABELS]);
    const results = await row.run(project);
    if (results.length === 0) throw new Error('no result');
    for (const result of results) deepStrictEqual(result, expected);
  } finally {
    await project.close();
  }
}
