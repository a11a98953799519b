/** Why this machine cannot compute with 256 bits, without asking the library. */
import { readFileSync } from 'node:fs';

/** Undefined if it can. The conditions are those of docs/internals/performance.md. */
export const NARROW_REASON = findReason();

function findReason(): string | undefined {
  if (!/^(13|14)\.6\..*-node\./.test(process.versions.v8)) return `they need Node 24 or 26, got ${process.version}`;
  if (process.arch !== 'x64') return `they need x64, got ${process.arch}`;
  if (process.platform === 'linux' && !/\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))) {
    return 'they need a processor with AVX2';
  }
  return undefined;
}
