import { copyActivations } from '../../src/api/fields.ts';
import type { Version } from '../../src/api/models.ts';
import { readAccuracy } from '../../src/core/measures.ts';
import { omitUndefined } from '../../src/format/fields.ts';
import type { ModelFile } from '../../src/format/model-file.ts';
import { sha256 } from '../hash.ts';

/** A version before it has a number. */
export type UnnumberedVersion = Omit<Version, 'version'>;

export async function describeVersion(
  bytes: Uint8Array<ArrayBuffer>,
  { info }: Pick<ModelFile, 'info'>,
): Promise<UnnumberedVersion> {
  const { layers, hiddenActivation } = info.spec;
  const test = info.provenance?.test ?? null;
  return {
    sha256: await sha256(bytes),
    bytes: bytes.length,
    layers: [...layers],
    hiddenActivation: copyActivations(hiddenActivation),
    ...omitUndefined({ targets: info.targets?.map(({ name }) => name) }),
    testAccuracy: test === null ? null : readAccuracy(test),
    ...(test !== null && 'r2' in test ? { testR2: test.r2 } : {}),
    created: new Date().toISOString(),
  };
}
