/**
 * For Node: the kernels, and what needs files, threads or the network.
 *
 * @module node
 */
export { cacheFolder } from './cache.ts';
export { sha256, weightsSha256, withFingerprint } from './hash.ts';
export type { DownloadProgress, FetchOptions } from './idx-sets/fetch.ts';
export { fetchIdxSet, type IdxSetOptions, loadIdxSet, loadMnist, type TrainAndTest } from './idx-sets/load.ts';
export { IDX_SETS, type IdxFile, type IdxPart, type IdxSet, type IdxSum } from './idx-sets/table.ts';
export { loadKernels } from './load-kernels.ts';
export { loadTeam } from './load-team.ts';
export { loadPngFolder, type PngFolderOptions } from './png-folder.ts';
