/** Sets that are known by name: their files, checksums, mirrors and classes. */
import type { PictureFit } from '../../../src/core/dataset.ts';

/**
 * Checksum of the unpacked bytes if it is known, because mirrors compress files differently; otherwise of the
 * publisher's own gzip file.
 */
export interface Checksum {
  readonly of: 'unpacked' | 'packed';
  readonly algorithm: 'sha256' | 'md5';
  readonly hex: string;
}

export type IdxPart = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels';
export const IDX_PARTS: readonly IdxPart[] = ['trainImages', 'trainLabels', 'testImages', 'testLabels'];

/** Names of the unpacked files, and checksums. */
type IdxFiles = Readonly<Record<IdxPart, { readonly name: string; readonly checksum: Checksum }>>;

export interface IdxSet {
  /** Value of --data. */
  readonly name: string;
  readonly title: string;
  readonly files: IdxFiles;
  /** URLs of folders, ending in a slash, tried in order. Empty: the set is never downloaded. */
  readonly mirrors: readonly string[];
  readonly classes: readonly string[];
  readonly samples: { readonly training: number; readonly test: number };
  /** Usual folder names below --data-dir and $EDGE_MLP_DATA. The first one is also the folder's name in the cache. */
  readonly folders: readonly string[];
  /** Other sets have files of the same names. Such files are not searched for in $EDGE_MLP_DATA itself. */
  readonly sharedNames: boolean;
  /** Conversion of other pictures for models of this set (default centred). */
  readonly pictures?: PictureFit;
  /** Pictures are stored column by column. */
  readonly transposed?: boolean;
  /** Label of the first class (default 0). */
  readonly firstLabel?: number;
  /** Folder of the system's package. */
  readonly installed?: string;
}

/** Rows and columns of a picture in each of these sets. */
export const IDX_SIDE = 28;

/** File names of MNIST, Fashion-MNIST and KMNIST. */
export const IDX_NAMES: Readonly<Record<IdxPart, string>> = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};

/** Checksums in the order of IDX_PARTS. */
type Checksums = readonly [string, string, string, string];

function describeFiles(
  formatName: (part: IdxPart) => string,
  kind: Pick<Checksum, 'of' | 'algorithm'>,
  checksums: Checksums,
): IdxFiles {
  const entries = IDX_PARTS.map((part, i) => [
    part,
    { name: formatName(part), checksum: { ...kind, hex: checksums[i] } },
  ]);
  return Object.fromEntries(entries) as IdxFiles;
}

const mnistName = (part: IdxPart) => IDX_NAMES[part];
const UNPACKED = { of: 'unpacked', algorithm: 'sha256' } as const;
const PACKED = { of: 'packed', algorithm: 'sha256' } as const;
const PACKED_MD5 = { of: 'packed', algorithm: 'md5' } as const;

const DIGITS = [...'0123456789'];
const CAPITALS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const SMALL = [...'abcdefghijklmnopqrstuvwxyz'];
/** EMNIST merges the other small letters into the capitals, which have the same form. */
const MERGED_CLASSES = [...DIGITS, ...CAPITALS, ...'abdefghnqrt'];

export const MNIST: IdxSet = {
  name: 'mnist',
  title: 'MNIST',
  files: describeFiles(mnistName, UNPACKED, [
    'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  ]),
  mirrors: [
    'https://ossci-datasets.s3.amazonaws.com/mnist/',
    'https://storage.googleapis.com/cvdf-datasets/mnist/',
    'https://raw.githubusercontent.com/fgnt/mnist/master/',
    'http://yann.lecun.com/exdb/mnist/',
  ],
  classes: DIGITS,
  samples: { training: 60_000, test: 10_000 },
  folders: ['mnist', 'MNIST/raw'],
  sharedNames: false,
};

const FASHION_MNIST: IdxSet = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST',
  // Computed from Debian's package dataset-fashion-mnist. With the publisher's names and times in the gzip headers, its
  // files have the MD5 checksums listed at github.com/zalandoresearch/fashion-mnist.
  files: describeFiles(mnistName, UNPACKED, [
    'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
    '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  ]),
  mirrors: [
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
  ],
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  samples: { training: 60_000, test: 10_000 },
  folders: ['fashion-mnist', 'FashionMNIST/raw'],
  sharedNames: true,
  pictures: 'as-is',
  installed: '/usr/share/datasets/fashion-mnist',
};

const KMNIST: IdxSet = {
  name: 'kmnist',
  title: 'Kuzushiji-MNIST',
  // From torchvision-ruby (lib/torchvision/datasets/kmnist.rb) and torchvision's prototype data sets.
  files: describeFiles(mnistName, PACKED, [
    '51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4',
    'e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17',
    'edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5',
    '20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c',
  ]),
  mirrors: [
    'https://codh.rois.ac.jp/kmnist/dataset/kmnist/',
    'http://codh.rois.ac.jp/kmnist/dataset/kmnist/',
    'https://storage.googleapis.com/kuzushiji-mnist/',
  ],
  // Modern characters, from github.com/rois-codh/kmnist.
  classes: [...'おきすつなはまやれを'],
  samples: { training: 60_000, test: 10_000 },
  folders: ['kmnist', 'KMNIST/raw'],
  sharedNames: true,
  pictures: 'as-is',
};

/** One of the six sets of EMNIST (Cohen, Afshar, Tapson and van Schaik, 2017, table II). */
function emnist(split: string, classes: readonly string[], samples: IdxSet['samples'], checksums: Checksums): IdxSet {
  const fileName = (part: IdxPart) => `emnist-${split}-${IDX_NAMES[part].replace('t10k', 'test')}`;
  return {
    name: `emnist-${split}`,
    title: `EMNIST ${split}`,
    // From Deeplearning4j (EmnistFetcher.java) and the PyPI package mnists: MD5 of the gzip files in the archive.
    files: describeFiles(fileName, PACKED_MD5, checksums),
    mirrors: [],
    classes,
    samples,
    folders: ['emnist', 'EMNIST/raw', 'gzip'],
    sharedNames: false,
    transposed: true,
    // The letters are numbered from 1.
    firstLabel: split === 'letters' ? 1 : 0,
  };
}

const EMNIST = [
  emnist('balanced', MERGED_CLASSES, { training: 112_800, test: 18_800 }, [
    '4041b0d6f15785d3fa35263901b5496b',
    '7a35cc7b2b7ee7671eddf028570fbd20',
    '6818d20fe2ce1880476f747bbc80b22b',
    'acd3694070dcbf620e36670519d4b32f',
  ]),
  emnist('letters', CAPITALS, { training: 124_800, test: 20_800 }, [
    '8795078f199c478165fe18db82625747',
    'c16de4f1848ddcdddd39ab65d2a7be52',
    '382093a19703f68edac6d01b8dfdfcad',
    'd4108920cd86601ec7689a97f2de7f59',
  ]),
  emnist('digits', DIGITS, { training: 240_000, test: 40_000 }, [
    'd2662ecdc47895a6bbfce25de9e9a677',
    '2223fcfee618ac9c89ef20b6e48bcf9e',
    'a159b8b3bd6ab4ed4793c1cb71a2f5cc',
    '8afde66ea51d865689083ba6bb779fac',
  ]),
  emnist('byclass', [...DIGITS, ...CAPITALS, ...SMALL], { training: 697_932, test: 116_323 }, [
    '712dda0bd6f00690f32236ae4325c377',
    'ee299a3ee5faf5c31e9406763eae7e43',
    '1435209e34070a9002867a9ab50160d7',
    '7a0f934bd176c798ecba96b36fda6657',
  ]),
  emnist('bymerge', MERGED_CLASSES, { training: 697_932, test: 116_323 }, [
    '4a792d4df261d7e1ba27979573bf53f3',
    '491be69ef99e1ab1f5b7f9ccc908bb26',
    '8eb5d34c91f1759a55831c37ec2a283f',
    'c13f4cd5211cdba1b8fa992dae2be992',
  ]),
  emnist('mnist', DIGITS, { training: 60_000, test: 10_000 }, [
    '3663598a39195d030895b6304abb5065',
    '6c092f03c9bb63e678f80f8bc605fe37',
    'fb51b6430fc4dd67deaada1bf25d4524',
    'ae7f6be798a9a5d5f2bd32e078a402dd',
  ]),
];

export const IDX_SETS: readonly IdxSet[] = [MNIST, FASHION_MNIST, KMNIST, ...EMNIST];
export const IDX_SET_NAMES: readonly string[] = IDX_SETS.map(({ name }) => name);

export function findIdxSet(name: string): IdxSet | undefined {
  return IDX_SETS.find((set) => set.name === name);
}
