/**
 * Terminal output. Progress goes to stderr and results to stdout, so that a pipe receives only results. Texts may come
 * from files, servers and names: every text passes `escapeControls` here.
 */
import { escapeControls } from './escape-controls.ts';
import { onEarlyExit } from './interruption.ts';

/** Bars appear on terminals only. */
const progress = process.stderr.isTTY ? await import('cli-progress') : undefined;

/** Writes lines. A line break within one is followed by spaces, so that no text can imitate a line of the command. */
function writeLines(stream: NodeJS.WriteStream, lines: readonly string[]): void {
  stream.write(lines.map((line) => `${escapeControls(line).replaceAll('\n', '\n  ')}\n`).join(''));
}

/** The bar on the terminal. */
let shown: Bar | undefined;

export function note(...lines: readonly string[]): void {
  // The bar returns below the lines with its next update.
  shown?.stop();
  writeLines(process.stderr, lines);
}

export function print(...lines: readonly string[]): void {
  writeLines(process.stdout, lines);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${escapeControls(JSON.stringify(value, null, 2))}\n`);
}

/** Prints text for programs: exactly, but with escapes on a terminal. */
export function printText(text: string): void {
  process.stdout.write(process.stdout.isTTY ? escapeControls(text) : text);
}

export interface Bar {
  update(done: number, details?: Record<string, string>): void;
  /** Removes the bar. */
  stop(): void;
}

/** A progress bar on stderr, if that is a terminal. */
export function progressBar(total: number, format: string): Bar {
  if (progress === undefined) return { update() {}, stop() {} };
  const bar = new progress.SingleBar(
    {
      format: escapeControls(format),
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      barsize: 24,
      etaBuffer: 40,
      gracefulExit: false,
    },
    progress.Presets.shades_classic,
  );
  let cursor: Disposable | undefined;
  const own: Bar = {
    update(done, details = {}) {
      shown = own;
      // The bar hides the cursor.
      cursor ??= onEarlyExit(() => bar.stop());
      const texts = Object.fromEntries(Object.entries(details).map(([name, text]) => [name, escapeControls(text)]));
      if (!bar.isActive) bar.start(total, done, texts);
      bar.update(done, texts);
    },
    stop() {
      shown = undefined;
      bar.stop();
      cursor?.[Symbol.dispose]();
      cursor = undefined;
    },
  };
  return own;
}

/** Lines of text columns: the first one aligned left, the others right. Line breaks in cells become spaces. */
export function table(titles: readonly string[], cells: readonly (readonly string[])[]): string[] {
  const [header = [], ...rows] = [titles, ...cells].map((row) =>
    row.map((cell) => escapeControls(cell.replace(/\s+/g, ' '))),
  );
  const widths = header.map((title, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), title.length),
  );
  const format = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [format(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(format)];
}

export function duration(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
