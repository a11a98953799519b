/**
 * All that a page without a bundler needs, in one file that imports nothing: it is put together when the package is built,
 * and stands at a fixed distance from the kernels, so that any server of static files will do.
 */
export {
  createMlp,
  formatModel,
  type ModelFile,
  type ModelInfo,
  parseModel,
} from '../format/index.ts';
export * from './browser.ts';
