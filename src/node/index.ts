/** For Node: the kernels, and what needs files or the network. */
export { sha256, weightsSha256, withFingerprint } from './hash.ts';
export { loadKernels } from './load-kernels.ts';
export { loadTeam } from './load-team.ts';
export {
  cacheFolder,
  fetchMnist,
  loadMnist,
  MNIST_FILES,
  MNIST_MIRRORS,
  type MnistOptions,
  type TrainAndTest,
} from './mnist.ts';
