/** What a Worker's bundler makes of a file of WebAssembly: a module, compiled. */
declare const module: WebAssembly.Module;
export default module;
