/** The ONNX files that are written, read again message by message; onnxruntime reads them in onnx.test.ts. */
import { describe, expect, it } from 'vitest';
import { formatOnnx } from '../../src/format/onnx/index.ts';
import { FLOAT, findInput, type OnnxGraph, readOnnx } from '../../src/format/onnx/messages.ts';
import { expectRefusal } from '../support/errors.ts';
import { type Bytes, field, value as graphInput, whole } from '../support/onnx.ts';

const toBytes = (...numbers: number[]) => new Uint8Array(Float32Array.from(numbers).buffer);
const attribute = (name: string, int: number) => ({
  ...{ name, type: 2, int, float: 0, text: '', tensor: undefined },
  ...{ floats: [], ints: [], strings: [] },
});
const tensor = (name: string, dims: number[], ...numbers: number[]) => ({
  ...{ name, dims, dataType: FLOAT, raw: toBytes(...numbers) },
  ...{ numbers: [], strings: [], external: undefined },
});
const node = (name: string, inputs: string[], output: string, attributes = [] as ReturnType<typeof attribute>[]) => ({
  ...{ name, type: name.replace(/_\d+$/, ''), domain: '', inputs, outputs: [output], attributes },
});

describe('a written file', () => {
  it('has every message of the network', () => {
    const model = {
      info: {
        spec: { layers: [2, 1, 2], hiddenActivation: 'tanh' },
        classes: ['a', 'b'],
        scaling: { kind: 'standard', mean: [0.5, 1e9 + 1], standardDeviation: [2, 4] },
        features: ['x', 'y'],
      },
      parameters: {
        weights: [Float32Array.of(1, 2), Float32Array.of(3, 4)],
        biases: [Float32Array.of(5), Float32Array.of(6, 7)],
      },
    } as const;
    const file = readOnnx(formatOnnx(model), 'm');
    expect(file).toEqual({
      irVersion: 7,
      producer: 'edge-mlp',
      opset: 13,
      mlOpset: 0,
      graph: {
        name: 'mlp',
        nodes: [
          node('Sub_0', ['x', 'mean'], 'nearly'),
          node('Sub_1', ['nearly', 'mean.rest'], 'centred'),
          node('Div_2', ['centred', 'deviation'], 'standardised'),
          node('Gemm_3', ['standardised', 'layers.0.weight', 'layers.0.bias'], 'linear.0', [attribute('transB', 1)]),
          node('Tanh_4', ['linear.0'], 'hidden.0'),
          node('Gemm_5', ['hidden.0', 'layers.1.weight', 'layers.1.bias'], 'logits', [attribute('transB', 1)]),
          node('Softmax_6', ['logits'], 'probabilities', [attribute('axis', -1)]),
        ],
        initializers: [
          tensor('mean', [2], 0.5, 1e9),
          tensor('mean.rest', [2], 0, 1),
          tensor('deviation', [2], 2, 4),
          tensor('layers.0.weight', [1, 2], 1, 2),
          tensor('layers.0.bias', [1], 5),
          tensor('layers.1.weight', [2, 1], 3, 4),
          tensor('layers.1.bias', [2], 6, 7),
        ],
        inputs: [{ name: 'x', dataType: FLOAT, shape: ['N', 2] }],
        outputs: [
          { name: 'probabilities', dataType: FLOAT, shape: ['N', 2] },
          { name: 'logits', dataType: FLOAT, shape: ['N', 2] },
        ],
      },
      metadata: {
        'edge-mlp.classes': '["a","b"]',
        'edge-mlp.scaling': '{"kind":"standard","mean":[0.5,1000000001],"standardDeviation":[2,4]}',
        'edge-mlp.features': '["x","y"]',
      },
    });
  });

  it('has the activation of a network without hidden layers as metadata, and no standardisation without one', () => {
    const { graph, metadata } = readOnnx(
      formatOnnx({
        info: {
          spec: { layers: [3, 1], hiddenActivation: 'relu' },
          classes: ['a'],
          scaling: { kind: 'bytes' },
          imageShape: [1, 3],
          pictures: 'as-is',
          labelName: 'digit',
        },
        parameters: { weights: [Float32Array.of(1, 2, 3)], biases: [Float32Array.of(4)] },
      }),
      'm',
    );
    expect(graph.nodes.map(({ type }) => type)).toEqual(['Gemm', 'Softmax']);
    expect(metadata).toEqual({
      'edge-mlp.classes': '["a"]',
      'edge-mlp.scaling': '{"kind":"bytes"}',
      'edge-mlp.imageShape': '[1,3]',
      'edge-mlp.pictures': '"as-is"',
      'edge-mlp.labelName': '"digit"',
      'edge-mlp.hiddenActivation': '"relu"',
    });
  });
});

it('the input of a graph is the one without an initializer', () => {
  const value = (name: string) => ({ name, dataType: FLOAT, shape: ['N', 3, 4] });
  const graph: OnnxGraph = {
    ...{ name: 'g', nodes: [], outputs: [] },
    initializers: [tensor('w', [1], 1)],
    inputs: [value('w'), value('x')],
  };
  expect(findInput(graph)?.name).toBe('x');
  expect(findInput({ ...graph, inputs: [value('w')] })).toBeUndefined();
});

describe('a read file', () => {
  const read = (...fields: Bytes[]) => readOnnx(Uint8Array.from(fields.flat()), 'm');
  const graph = (...fields: Bytes[]) => field(7, fields.flat());

  it('has the version of the operators of ONNX, not of other domains', () => {
    const opset = (version: number, domain?: string) =>
      field(8, [...(domain === undefined ? [] : field(1, domain)), ...whole(2, version)]);
    expect(read(graph(), opset(13), opset(3, 'ai.onnx.ml'))).toMatchObject({ opset: 13, mlOpset: 3 });
    expect(read(graph(), opset(3, 'ai.onnx.ml'), opset(15, 'ai.onnx')).opset).toBe(15);
    expect(read(graph(), opset(12, '')).opset).toBe(12);
  });

  it('without its optional fields has empty ones', () => {
    const empty = [field(1, []), field(5, []), field(11, []), field(12, field(2, field(1, [])))];
    expect(read(graph(...empty, field(1, field(5, []))))).toEqual({
      ...{ irVersion: 0, producer: '', opset: 0, mlOpset: 0, metadata: {} },
      graph: {
        name: '',
        nodes: [
          { name: '', type: '', domain: '', inputs: [], outputs: [], attributes: [] },
          {
            ...{ name: '', type: '', domain: '', inputs: [], outputs: [] },
            attributes: [
              { name: '', type: 0, float: 0, int: 0, text: '', tensor: undefined, floats: [], ints: [], strings: [] },
            ],
          },
        ],
        initializers: [
          { name: '', dims: [], dataType: 0, raw: undefined, numbers: [], strings: [], external: undefined },
        ],
        inputs: [{ name: '', dataType: 0, shape: undefined }],
        outputs: [{ name: '', dataType: 0, shape: undefined }],
      },
    });
    expect(read(graph(), field(14, [])).metadata).toEqual({ '': '' });
    expect(read(graph(field(11, graphInput('x', ['N', 3])))).graph.inputs[0]).toEqual({
      ...{ name: 'x', dataType: FLOAT },
      shape: ['N', 3],
    });
    expect(read(graph(field(11, field(2, field(1, field(2, field(1, []))))))).graph.inputs[0]?.shape).toEqual(['']);
  });

  it.each<[string, Bytes[]]>([
    ['no graph', [whole(1, 8)]],
    ['a number crosses the end of its list', [graph(field(5, [...field(1, [0x80]), ...whole(2, 1)]))]],
    ['a list is truncated', [graph(field(5, [(1 << 3) | 2, 9, 1]))]],
    ['a message is truncated', [graph([(1 << 3) | 2, 99, 1])]],
    ['a field crosses the end of its message', [graph(field(1, [(3 << 3) | 2, 5, 65])), whole(1, 8), whole(1, 8)]],
    ['more than 4,096 nodes', [graph(...Array(4097).fill(field(1, [])))]],
    ['more than 4,096 nodes', [graph(...Array(2049).fill([...field(1, []), ...field(12, [])]))]],
  ])('is refused: %s', (message, fields) => {
    expectRefusal(() => read(...fields), 'bad-model', `m: expected an ONNX file, got: ${message}`);
  });

  it('has at most 4096 parts', () => {
    expect(read(graph(...Array(4096).fill(field(5, [])))).graph.initializers.length).toBe(4096);
  });
});
