/** The name and the folder of the package that a module belongs to, or undefined for a module of this project. */
export function findPackage(module: string): { name: string; folder: string } | undefined {
  const [folder, name] = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module) ?? [];
  return folder === undefined || name === undefined ? undefined : { name, folder };
}
