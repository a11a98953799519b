/** Sentences of the repository's files: comments and texts of code, paragraphs of documents. */

export interface Passage {
  /** Line of the first character, from 1. */
  readonly line: number;
  /** Without markup of comments. Line breaks are kept, so that a position has a line. */
  readonly text: string;
}

const COMMENT_OR_TEXT =
  /\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n?)+|\/\/ .*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gm;
const FENCE = /^[ \t*]*(```|~~~)[\s\S]*?^[ \t*]*\1.*$/gm;
const INLINE_CODE = /`[^`\n]+`/g;
const HTML_COMMENT_OR_TAG = /<!--[\s\S]*?-->|<(script|style)[\s\S]*?<\/\1>|<[^>]+>/g;
/** Separators of passages in documents: blank lines, items of lists, headings, cells of tables. */
const SEPARATOR = /\n\s*\n|\n(?=\s*(?:[-*] |\d+\. |#|\|))|\|/g;

/** Passages of a file, by the ending of its name. */
export function readPassages(path: string, content: string): Passage[] {
  if (/\.(ts|js|mjs|css|c)$/.test(path)) return readCode(content);
  if (/\.html$/.test(path)) return split(blank(content, HTML_COMMENT_OR_TAG), /\n|\s{2,}/g);
  if (/\.md$/.test(path)) return split(blank(blank(content, FENCE), INLINE_CODE), SEPARATOR);
  if (/package\.json$/.test(path)) return split(content.replace(/^(?!\s*"description").*$/gm, ''), /\n/g);
  return split(content.replace(/^(?!\s*#).*$/gm, ''), /\n\s*\n/g);
}

function readCode(content: string): Passage[] {
  return [...content.matchAll(COMMENT_OR_TEXT)].map(({ 0: raw, index }) => {
    const isComment = raw.trimStart().startsWith('/');
    const bare = isComment ? blank(blank(raw, FENCE), INLINE_CODE) : raw.replaceAll(/\$\{[^}]*\}/g, keepLength);
    return { line: countLines(content, index), text: blank(bare, /^\s*(\/\*+|\/\/|\*+\/?)|\*\/$|^['"`]|['"`]$/gm) };
  });
}

function split(content: string, separator: RegExp): Passage[] {
  const ends = [...content.matchAll(separator)].map(({ 0: text, index }) => ({
    start: index,
    end: index + text.length,
  }));
  const starts = [0, ...ends.map(({ end }) => end)];
  return starts
    .map((start, i) => ({ line: countLines(content, start), text: content.slice(start, ends[i]?.start) }))
    .filter(({ text }) => text.trim() !== '');
}

/** Replaces code by x and markup by spaces, so that every other character keeps its position. */
function blank(text: string, pattern: RegExp): string {
  return text.replaceAll(pattern, (part) =>
    part.startsWith('`') && pattern === INLINE_CODE ? keepLength(part) : part.replaceAll(/[^\n]/g, ' '),
  );
}

function keepLength(part: string): string {
  return part.replaceAll(/[^\n]/g, '_');
}

export function countLines(text: string, end: number): number {
  return text.slice(0, end).split('\n').length;
}
