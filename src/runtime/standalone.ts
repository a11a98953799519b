/**
 * The library for pages without a bundler. The build bundles it into one file without imports, which loads the kernels
 * by a relative URL, so that any static file server works.
 */
export {
  createMlp,
  formatModel,
  type ModelFile,
  type ModelInfo,
  parseModel,
} from '../format/index.ts';
export * from './browser.ts';
