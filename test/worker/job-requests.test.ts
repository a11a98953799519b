/** Requests for training jobs that the service refuses. */
import { env } from 'cloudflare:workers';
import { describe, it } from 'vitest';
import { ask, bearer, expectError, post, postJson } from './support.ts';

const TRAIN = bearer('train');

describe('jobs refuse', () => {
  it.each<[string, object, number, string]>([
    ['unknown data', { data: 'mnist' }, 404, 'data set mnist not found'],
    ['a malformed data name', { data: 'a/b' }, 400, 'data: '],
    ['unknown options', { rate: 1 }, 400, 'unknown field "rate"'],
    ['a learning rate of 0', { learningRate: 0 }, 400, 'learningRate: expected a float32 above 0, got 0'],
    [
      'a learning rate beyond float32',
      { learningRate: 1e308 },
      400,
      'learningRate: expected a float32 above 0, got 1e+308',
    ],
    ['a weight decay beyond float32', { weightDecay: 1e300 }, 400, 'weightDecay: expected a float32 of at least 0'],
    ['too many epochs', { epochs: 1001 }, 400, 'epochs: expected at most 1000, got 1001'],
    ['a negative seed', { seed: '1' }, 400, 'seed: expected number, got "1"'],
    ['an unknown activation', { activation: 'swish' }, 400, 'activation: expected one of sigmoid, tanh, relu, '],
    ['an unknown activation of two', { activation: ['relu', 'swish'] }, 400, 'or a list of them, got ["relu","swish"]'],
    [
      'activations of other layers',
      { hidden: [9], activation: ['relu', 'tanh'] },
      400,
      'hiddenActivation: expected one activation, or one for the hidden layer, got 2: relu+tanh',
    ],
    ['a dropout of 1 in float32', { dropout: 0.99999999 }, 400, 'dropout: expected a float32 below 1, got 0.99999999'],
    [
      'a validation of one and a half samples',
      { validation: 1.5 },
      400,
      'expected a whole number, or a fraction below 1, got 1.5',
    ],
    ['validation with final', { final: true, validation: 5 }, 400, 'validation cannot be combined with final'],
    ['a reserved name', { publish: 'stats' }, 400, 'publish: expected another name, got the reserved stats'],
    [
      'a name with another contract',
      { data: 'ellipse', publish: 'mnist' },
      400,
      'mnist: expected 784 inputs and 10 classes',
    ],
    ['a momentum of 1', { momentum: 1 }, 400, 'momentum: '],
    [
      'an unknown optimizer',
      { optimizer: 'rmsprop' },
      400,
      'optimizer: expected sgd, adam, adamw, or an object such as',
    ],
    ['a beta of 1', { optimizer: { kind: 'adam', beta1: 1 } }, 400, 'optimizer.beta1: '],
    ['beta1 with sgd', { optimizer: { kind: 'sgd', beta1: 0.9 } }, 400, 'optimizer: unknown field "beta1"'],
    [
      'momentum with Adam',
      { optimizer: 'adam', momentum: 0.5 },
      400,
      'momentum cannot be combined with optimizer adam',
    ],
    ['a negative norm', { clipNorm: -1 }, 400, 'clipNorm: '],
    ['half an epoch', { epochs: 0.5 }, 400, 'epochs: '],
    [
      'too many validation samples',
      { validation: 12_000 },
      400,
      'validation: expected less than the 12000 training samples of digits, got 12000',
    ],
    ['a network that does not fit', { hidden: [4096, 4096] }, 413, 'the job: expected at most 64 MB of memory, got'],
    ['a batch that does not fit', { hidden: [2000], batchSize: 1000 }, 413, ' MB for a batch'],
    ['a seed of 33 bits', { seed: 2 ** 32 }, 400, 'seed: '],
    ['a malformed name', { publish: 'a b' }, 400, 'publish: '],
  ])('%s', async (_, options, code, message) => {
    await expectError(await postJson('/jobs', options, TRAIN), code, message);
  });

  it('requests without the scope, and unknown jobs', async () => {
    await expectError(await postJson('/jobs', { data: 'digits' }), 401, 'expected Authorization');
    await expectError(await postJson('/jobs', { data: 'digits' }, bearer('predict')), 403, 'scope train');
    const unknown = env.JOBS.idFromName('unknown').toString();
    for (const path of [
      `/jobs/${unknown}`,
      `/jobs/${unknown}/events`,
      `/jobs/${unknown}/model`,
      `/jobs/${'0'.repeat(64)}`,
    ]) {
      await expectError(await ask(path), 404, 'not found');
    }
    await expectError(await ask('/jobs/17'), 400, 'id: expected the 64 hexadecimal digits of a job');
    await expectError(await post(`/jobs/${unknown}/cancel`, null, TRAIN), 404, 'not found');
    await expectError(await post(`/jobs/${unknown}/cancel`, null), 401, 'expected Authorization');
  });
});
