/** Writes tables into documents, between the lines `<!-- bench: NAME -->` and `<!-- end -->`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Replaces each named section. Throws if the document has no such section. */
export function replaceSections(document: string, sections: Readonly<Record<string, string>>): string {
  let text = document;
  for (const [name, content] of Object.entries(sections)) {
    const [before, rest] = splitOnce(text, `<!-- bench: ${name} -->\n`);
    const [, after] = splitOnce(rest, '<!-- end -->');
    text = `${before}<!-- bench: ${name} -->\n${content}\n<!-- end -->${after}`;
  }
  return text;
}

function splitOnce(text: string, mark: string): [before: string, after: string] {
  const start = text.indexOf(mark);
  if (start < 0) throw new Error(`expected the line ${mark.trim()} in the document, got none`);
  return [text.slice(0, start), text.slice(start + mark.length)];
}

/** `path` is relative to the repository. */
export function writeSections(path: string, sections: Readonly<Record<string, string>>): void {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  writeFileSync(file, replaceSections(readFileSync(file, 'utf8'), sections));
}
