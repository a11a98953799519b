/** Samples of tables as objects, lists of cells, and CSV. */
import { describe, expect, it } from 'vitest';
import { csvSamples, rowInputs } from '../../src/data/csv.ts';
import { jsonSamples } from '../../src/data/index.ts';

const COLUMNS = [
  { kind: 'number', name: 'mass', fill: 7 },
  { kind: 'categories', name: 'colour', categories: ['blue', 'red', '1'] },
] as const;
const SHAPE = { columns: 4, scaling: { kind: 'identity' }, labelName: 'kind', tableColumns: COLUMNS } as const;
const read = (value: unknown) => [...jsonSamples(value, SHAPE, 'body')];

describe('samples of JSON', () => {
  it.each<[unknown, number[]]>([
    [{ mass: 180, colour: 'red' }, [180, 0, 1, 0]],
    [{ colour: ' red ', mass: '1.5', kind: 'apple' }, [1.5, 0, 1, 0]],
    [{ mass: null, colour: 1 }, [7, 0, 0, 1]],
    [{ mass: 'NA', colour: '1.0' }, [7, 0, 0, 1]],
    [{ colour: 'blue' }, [7, 1, 0, 0]],
    [{ inputs: [{ mass: 1, colour: 'red' }] }, [1, 0, 1, 0]],
    [
      [
        { mass: 1, colour: 'red' },
        { mass: 2, colour: 'blue' },
      ],
      [1, 0, 1, 0, 2, 1, 0, 0],
    ],
    [
      [3, 'red'],
      [3, 0, 1, 0],
    ],
    [
      [
        [3, 'red'],
        [4, 'blue'],
      ],
      [3, 0, 1, 0, 4, 1, 0, 0],
    ],
    // Encoded numbers, as the network takes them.
    [
      [3, 0, 1, 0],
      [3, 0, 1, 0],
    ],
    [{ inputs: [[3, 0, 1, 0]] }, [3, 0, 1, 0]],
  ])('%j become inputs', (value, inputs) => {
    expect(read(value)).toEqual(inputs);
  });

  it('are standardised by the model', () => {
    const scaling = { kind: 'standard', mean: [5, 0, 0, 0], standardDeviation: [2, 1, 1, 1] } as const;
    expect([...jsonSamples({ mass: 9, colour: 'red' }, { ...SHAPE, scaling }, 'body')]).toEqual([2, 0, 1, 0]);
  });

  it.each<[unknown, string]>([
    [{ mass: 1, color: 'red' }, 'body: expected the columns mass, colour, got "color": did you mean colour?'],
    [{ mass: 1, colour: 'rde' }, 'body: colour: expected one of blue, red, 1, got "rde": did you mean red?'],
    [{ mass: 1 }, 'body: colour: expected one of blue, red, 1, got nothing'],
    [
      [{ colour: 'red' }, { colour: null }],
      'body: sample 1: colour: expected one of blue, red, 1, got null, and the model has no value for missing cells',
    ],
    [{ mass: 'heavy', colour: 'red' }, 'body: mass: expected a number that float32 can hold, got "heavy"'],
    [{ mass: 1e39, colour: 'red' }, 'body: mass: expected a number that float32 can hold, got 1e+39'],
    [{ mass: true, colour: 'red' }, 'body: mass: expected a number that float32 can hold, got true'],
    [{ mass: 1, colour: ['red'] }, 'body: colour: expected one of blue, red, 1, got a list of 1'],
    [{ mass: 1, colour: '__proto__' }, 'body: colour: expected one of blue, red, 1, got "__proto__"'],
    [[1, 2, 3], 'body: expected 4 numbers, flat or in rows of equal length'],
  ])('%j are refused', (value, message) => {
    expect(() => read(value)).toThrow(message);
  });

  it('cannot be more than the limit', () => {
    const rows = [{ colour: 'red' }, { colour: 'red' }];
    expect(() => jsonSamples(rows, { ...SHAPE, maxSamples: 1 }, 'body')).toThrow('body: expected at most 1 samples');
    expect(() => rowInputs([[1]], { name: 'x', columns: COLUMNS })).toThrow(
      'x: expected 2 cells (mass, colour), got 1',
    );
  });
});

describe('samples of CSV', () => {
  const options = { name: 'x', inputs: 4, columns: COLUMNS };

  it('have the columns and values of the model', () => {
    expect(csvSamples('colour,more,mass\nred,?,2\nblue,a,NA\n', options)).toEqual({
      inputs: Float32Array.of(2, 0, 1, 0, 7, 1, 0, 0),
      missing: { mass: 1 },
      unknown: {},
    });
    expect(
      csvSamples('5;red\n', {
        ...options,
        header: false,
        columns: COLUMNS.map((column, i) => ({ ...column, name: `c${i + 1}` })),
      }).inputs,
    ).toEqual(Float32Array.of(5, 0, 1, 0));
  });

  it('are refused for unknown categories, which become zeros on demand', () => {
    const text = 'colour,mass\ngreen,2\nred,3\n';
    expect(() => csvSamples(text, options)).toThrow(
      'x: line 2, column 1 (colour): expected one of the categories blue, red, 1, got "green"',
    );
    expect(csvSamples(text, { ...options, unknown: 'zeros' })).toEqual({
      inputs: Float32Array.of(2, 0, 0, 0, 3, 0, 1, 0),
      missing: {},
      unknown: { colour: 1 },
    });
  });

  it('are refused for missing cells without a value, texts, and too many rows', () => {
    expect(() => csvSamples('colour,mass\n,2\n', options)).toThrow(
      'x: expected a value in each cell, got 1 missing cell (colour 1), first in line 2 of x: the model has values for missing cells if it is trained with --missing mean or most-frequent',
    );
    expect(() => csvSamples('colour,mass\nred,two\n', options)).toThrow(
      'x: line 2, column 2 (mass): expected a number, got "two"',
    );
    expect(() => csvSamples('colour,mass\nred,"1,5"\n', options)).toThrow(
      'got "1,5", a decimal comma: use --decimal ","',
    );
    expect(() => csvSamples('colour,mass\nred,1\nred,2\n', { ...options, maxSamples: 1 })).toThrow('at most 1 samples');
  });
});
