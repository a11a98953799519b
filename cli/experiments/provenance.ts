/** Facts about a report: machine, versions, data. */
import { kernelsBytes } from '../../src/runtime/kernels-bytes.ts';
import { sha256 } from '../hash.ts';
import { describeMachine, today } from '../machine.ts';
import { VERSION } from '../model.ts';
import type { Provenance } from '../report/provenance.ts';
import type { RunData } from '../training/run-spec.ts';
import type { Widening } from '../training/widening.ts';

export function collectProvenance(
  { command, ...run }: { command: string; threads: number; widening: Widening; seconds: number; runSeconds: number },
  data: Readonly<Record<string, RunData>>,
): Provenance {
  return {
    command,
    version: VERSION,
    ...run,
    date: today(),
    machine: describeMachine(),
    kernelsSha256: sha256(kernelsBytes()),
    data: Object.values(data).flatMap(listParts),
  };
}

function listParts(data: RunData): Provenance['data'] {
  return (['training', 'validation', 'test'] as const).flatMap((part) => {
    const dataset = data[part];
    if (dataset === undefined) return [];
    return [{ name: `${dataset.name}, ${part}`, samples: dataset.labels.length, sha256: dataset.sha256 ?? '' }];
  });
}
