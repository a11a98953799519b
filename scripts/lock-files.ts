/** Folders with a package-lock.json, from the top of the repository. */
export const LOCK_FILES = ['.', 'bench', 'docs/reference'] as const;
