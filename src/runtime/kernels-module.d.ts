/** Bundlers for Workers import a file of WebAssembly as a compiled module. */
declare const module: WebAssembly.Module;
export default module;
