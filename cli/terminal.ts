/** Terminal output. Progress goes to stderr and results to stdout, so that a pipe receives only results. */
import { Presets, SingleBar } from 'cli-progress';

export function note(text = ''): void {
  process.stderr.write(`${text}\n`);
}

export function print(text = ''): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

export interface Bar {
  update(done: number, details?: Record<string, string>): void;
  /** Prints a line above the bar. */
  printAbove(text: string): void;
  /** Removes the bar. */
  stop(): void;
}

/** A progress bar on stderr. Without a terminal only the lines above the bar are printed. */
export function progressBar(total: number, format: string): Bar {
  if (!process.stderr.isTTY) return { update() {}, printAbove: note, stop() {} };
  const bar = new SingleBar(
    {
      format,
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      barsize: 24,
      etaBuffer: 40,
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  return {
    update(done, details = {}) {
      if (!bar.isActive) bar.start(total, done, details);
      bar.update(done, details);
    },
    printAbove(text) {
      bar.stop();
      note(text);
    },
    stop: () => bar.stop(),
  };
}

/** Text columns: the first one aligned left, the others right. Line breaks in cells become spaces. */
export function table(header: readonly string[], texts: readonly (readonly string[])[]): string {
  const rows = texts.map((row) => row.map((cell) => cell.replace(/\s+/g, ' ')));
  const widths = header.map((title, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), title.length),
  );
  const format = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [format(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(format)].join('\n');
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
