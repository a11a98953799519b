/**
 * `npm run sbom`: writes software bills of materials (CycloneDX 1.5) to build/sbom. development.cdx.json has all packages
 * of package-lock.json. package.cdx.json has those whose code is in the published package, which has no dependencies.
 * Both are the same for the same sources: without the serial number and the time that npm adds.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

interface Component {
  readonly 'bom-ref': string;
  readonly [field: string]: unknown;
}

interface Bom {
  readonly metadata: { readonly component: Component; readonly [field: string]: unknown };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  readonly [field: string]: unknown;
}

/** The bill of the lock file, as npm writes it. Its component has the name of the folder instead of the package. */
function readTree(): Bom {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const { serialNumber: _, metadata, ...bom } = JSON.parse(execFileSync('npm', args, { encoding: 'utf8' }));
  const { timestamp: __, component, ...others } = metadata;
  return { ...bom, metadata: { ...others, component: { ...component, name: 'edge-mlp' } } };
}

/** `name@version` of the packages in the bundles and the kernels, as the build lists them with their licences. */
function listBundled(): ReadonlySet<string> {
  const text = readFileSync('dist/THIRD-PARTY-LICENSES.txt', 'utf8');
  return new Set(
    Array.from(text.matchAll(/^(\S+) (\d+\.\d+\.\d+\S*) \(.+\)$/gm), ([, name, version]) => `${name}@${version}`),
  );
}

function selectBundled({ components, dependencies, metadata, ...bom }: Bom): Bom {
  const bundled = listBundled();
  const root = metadata.component['bom-ref'];
  const selected = components.filter((component) => bundled.has(component['bom-ref']));
  if (selected.length < bundled.size)
    throw new Error(`expected ${bundled.size} packages in the lock file, got ${selected.length}`);
  return {
    ...bom,
    metadata: { ...metadata, lifecycles: [{ phase: 'build' }] },
    components: selected.map(({ properties: _, ...component }) => ({ ...component, scope: 'required' })),
    dependencies: dependencies
      .filter(({ ref }) => ref === root || bundled.has(ref))
      .map(({ ref, dependsOn }) => ({
        ref,
        dependsOn: ref === root ? [...bundled].sort() : dependsOn.filter((name) => bundled.has(name)),
      })),
  };
}

const tree = readTree();
mkdirSync('build/sbom', { recursive: true });
for (const [name, bom] of Object.entries({ development: tree, package: selectBundled(tree) })) {
  writeFileSync(`build/sbom/${name}.cdx.json`, `${JSON.stringify(bom, null, 2)}\n`);
  console.log(`build/sbom/${name}.cdx.json: ${bom.components.length} packages`);
}
