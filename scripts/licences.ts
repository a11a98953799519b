/** Licences of the packages in a bundle. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';
import { findPackage } from './packages.ts';

/** Its standard library is in the kernels. Its file has the Apache License 2.0. */
const ASSEMBLYSCRIPT = 'node_modules/assemblyscript';

/**
 * A plugin that writes names, versions and licences of all packages in its bundles to `file`. Packages with the same
 * text share it. Throws if a package has no licence text.
 */
export function licences(file: string): Plugin {
  const modules = new Map([[ASSEMBLYSCRIPT, new Set<string>()]]);
  return {
    name: 'licences',
    generateBundle(_, bundle) {
      for (const id of Object.values(bundle).flatMap((output) => (output.type === 'chunk' ? output.moduleIds : []))) {
        const folder = findPackage(id)?.folder;
        if (folder !== undefined) modules.set(folder, (modules.get(folder) ?? new Set()).add(id));
      }
      const titles = new Map<string, string[]>();
      for (const folder of [...modules.keys()].sort()) {
        const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        const text = readLicence(folder, license, modules.get(folder) ?? new Set());
        titles.set(text, [...(titles.get(text) ?? []), `${name} ${version} (${license})`]);
      }
      const sections = [...titles].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
      writeFileSync(file, sections.join(`\n${'─'.repeat(80)}\n\n`));
    },
  };
}

/** The licence files of a package. Without one: the Apache License and the comments at the head of the modules. */
function readLicence(folder: string, license: string, modules: ReadonlySet<string>): string {
  // Codecs compiled to WebAssembly have their own licence in a folder of the package.
  const files = ['.', 'codec'].flatMap((part) => {
    const names = existsSync(join(folder, part)) ? readdirSync(join(folder, part)) : [];
    return names.filter((name) => /^(licen[cs]e|notice)/i.test(name)).map((name) => join(part, name));
  });
  const texts = files.map((name) => readFileSync(join(folder, name), 'utf8').trim());
  if (texts.length > 0) return texts.join('\n\n');
  if (!license.includes('Apache-2.0'))
    throw new Error(`${folder}: expected a licence file or Apache-2.0, got ${license}`);
  const heads = [...modules].map((module) => /^(\/\/.*\n)+/.exec(readFileSync(module, 'utf8'))?.[0] ?? '');
  const notices = new Set(heads.filter((head) => head.includes('Copyright')));
  return [...notices, readFileSync(join(ASSEMBLYSCRIPT, 'LICENSE'), 'utf8').trim()].join('\n\n');
}
