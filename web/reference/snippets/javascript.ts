/** Literals and files in TypeScript. */
import type { RequestBody, RequestFile } from '../api-request.ts';

const IMPORT = `import { readFile } from ${quoteJs('node:fs/promises')};\n\n`;

/** Statements that read the files of a body into `file`, or into a form. */
export function readFiles(body: RequestBody, origin: string): string {
  const read = (file: RequestFile | undefined) =>
    file?.address === undefined
      ? `await readFile(${quoteJs(file?.name ?? 'FILE')})`
      : `await (await fetch(${quoteJs(origin + file.address)})).bytes()`;
  const isOwn = (file: RequestFile | undefined) => file?.address === undefined;
  if (body.kind === 'file') {
    const imports = isOwn(body.file) ? IMPORT : '';
    return `${imports}const file = ${read(body.file)};\n`;
  }
  if (body.kind !== 'form') return '';
  const fields = Object.entries(body.files).map(
    ([field, file]) => `form.append(${quoteJs(field)}, new Blob([${read(file)}]), ${quoteJs(file.name)});\n`,
  );
  return `${IMPORT}const form = new FormData();\n${fields.join('')}`;
}

export function quoteJs(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}
