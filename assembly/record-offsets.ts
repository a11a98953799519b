/** Where the fields of the records lie, in bytes from their start, for src/core, which writes them. */
import { Layer, Network, Samples, Trainer } from './records';

export const LAYER_BYTES: u32 = offsetof<Layer>();
export const LAYER_INPUTS: u32 = offsetof<Layer>('inputs');
export const LAYER_OUTPUTS: u32 = offsetof<Layer>('outputs');
export const LAYER_ACTIVATION: u32 = offsetof<Layer>('activation');
export const LAYER_WEIGHT: u32 = offsetof<Layer>('weight');
export const LAYER_BIAS: u32 = offsetof<Layer>('bias');
export const LAYER_WEIGHT_GRADIENT: u32 = offsetof<Layer>('weightGradient');
export const LAYER_BIAS_GRADIENT: u32 = offsetof<Layer>('biasGradient');
export const LAYER_OUTPUT: u32 = offsetof<Layer>('output');
export const LAYER_DELTA: u32 = offsetof<Layer>('delta');

export const NETWORK_BYTES: u32 = offsetof<Network>();
export const NETWORK_LAYER_COUNT: u32 = offsetof<Network>('layerCount');
export const NETWORK_ROWS: u32 = offsetof<Network>('rows');
export const NETWORK_LAYERS: u32 = offsetof<Network>('layers');
export const NETWORK_PARAMETERS: u32 = offsetof<Network>('parameters');
export const NETWORK_PARAMETER_LENGTH: u32 = offsetof<Network>('parameterLength');
export const NETWORK_GRADIENT: u32 = offsetof<Network>('gradient');
export const NETWORK_VELOCITY: u32 = offsetof<Network>('velocity');
export const NETWORK_INPUT_SPACE: u32 = offsetof<Network>('inputSpace');
export const NETWORK_INPUT_ADDRESS: u32 = offsetof<Network>('inputAddress');
export const NETWORK_INPUT_COUNT: u32 = offsetof<Network>('inputCount');
export const NETWORK_INPUT_SPANS: u32 = offsetof<Network>('inputSpans');
export const NETWORK_COLUMN_ENTRIES: u32 = offsetof<Network>('columnEntries');
export const NETWORK_COLUMN_STARTS: u32 = offsetof<Network>('columnStarts');
export const NETWORK_ROW_LOSSES: u32 = offsetof<Network>('rowLosses');
export const NETWORK_ROW_CORRECT: u32 = offsetof<Network>('rowCorrect');
export const NETWORK_DEFERRED: u32 = offsetof<Network>('deferred');
export const NETWORK_DEFERRED_DELTAS: u32 = offsetof<Network>('deferredDeltas');
export const NETWORK_TOUCHES: u32 = offsetof<Network>('touches');
export const NETWORK_PROBABILITIES: u32 = offsetof<Network>('probabilities');

export const SAMPLES_BYTES: u32 = offsetof<Samples>();
export const SAMPLES_COUNT: u32 = offsetof<Samples>('count');
export const SAMPLES_INPUT_KIND: u32 = offsetof<Samples>('inputKind');
export const SAMPLES_SPARSE: u32 = offsetof<Samples>('sparse');
export const SAMPLES_COLUMNS: u32 = offsetof<Samples>('columns');
export const SAMPLES_INPUTS: u32 = offsetof<Samples>('inputs');
export const SAMPLES_LABELS: u32 = offsetof<Samples>('labels');
export const SAMPLES_BYTE_VALUES: u32 = offsetof<Samples>('byteValues');
export const SAMPLES_OFFSETS: u32 = offsetof<Samples>('offsets');
export const SAMPLES_VALUES: u32 = offsetof<Samples>('values');

export const TRAINER_BYTES: u32 = offsetof<Trainer>();
export const TRAINER_LOSS_SUM: u32 = offsetof<Trainer>('lossSum');
export const TRAINER_LOSS_LIMIT: u32 = offsetof<Trainer>('lossLimit');
export const TRAINER_CORRECT: u32 = offsetof<Trainer>('correct');
export const TRAINER_CURSOR: u32 = offsetof<Trainer>('cursor');
export const TRAINER_BATCH_SIZE: u32 = offsetof<Trainer>('batchSize');
export const TRAINER_LEARNING_RATE: u32 = offsetof<Trainer>('learningRate');
export const TRAINER_MOMENTUM: u32 = offsetof<Trainer>('momentum');
export const TRAINER_WEIGHT_DECAY: u32 = offsetof<Trainer>('weightDecay');
export const TRAINER_ORDER: u32 = offsetof<Trainer>('order');
export const TRAINER_STEP_LOSSES: u32 = offsetof<Trainer>('stepLosses');
export const TRAINER_STEP_CORRECT: u32 = offsetof<Trainer>('stepCorrect');
