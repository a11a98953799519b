/** Flags of V8, which hold for the whole process, and code that V8 optimises at once. */

/**
 * Compiles functions of a module that `run` creates with the optimising compiler, the only one that merges operations,
 * at the end of their first call. By default, those that have run often are compiled with it, in the background.
 */
export function optimiseAtOnce<Result>(run: () => Result): Result {
  setFlags('wasm-sync-tier-up', 'wasm-tiering-budget=0');
  try {
    return run();
  } finally {
    setFlags('no-wasm-sync-tier-up', `wasm-tiering-budget=${TIERING_BUDGET}`);
    // Options of the process override the defaults.
    const options = process.execArgv.filter((option) => /^--(no-?)?wasm[-_](sync|tiering)[-_]/.test(option));
    setFlags(...options.map((option) => option.slice(2)));
  }
}

/** The default of the supported versions of V8. */
const TIERING_BUDGET = 13_000_000;

export function setFlags(...flags: readonly string[]): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  for (const flag of flags) setFlagsFromString(`--${flag}`);
}
