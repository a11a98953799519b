/** The reliability diagram: accuracy by confidence. */
import type { Calibration } from '../../src/core/calibration.ts';
import { percent } from '../numbers.ts';
import { COLOURS, type LineChart, lineChart, PAIR_WIDTH } from './charts.ts';
import { figure, type Html, html } from './html.ts';

const MEASURED = { name: 'accuracy, with its standard error', colour: COLOURS.blue } as const;
const IDEAL = { name: 'perfect calibration', colour: COLOURS.orange, shape: 'square' } as const;

/** Accuracy by confidence, with bars of one standard error. The points of a calibrated network lie on the diagonal. */
export function reliabilityChart({ bins }: Calibration): LineChart {
  const points = bins.flatMap(({ samples, confidence, accuracy }) => {
    if (samples === 0) return [];
    // Adds one correct and one wrong prediction, so that bins with few samples have a standard error above 0.
    const share = (samples * accuracy + 1) / (samples + 2);
    const error = Math.sqrt((share * (1 - share)) / (samples + 2));
    const [low, high] = [Math.max(0, accuracy - error), Math.min(1, accuracy + error)];
    return [{ x: confidence, y: accuracy, low, high, series: MEASURED.name }];
  });
  return {
    points: [...points, ...[0, 1].map((x) => ({ x, y: x, series: IDEAL.name }))],
    series: [MEASURED, IDEAL],
    xTitle: 'confidence',
    xScale: 'shares',
    yTitle: 'accuracy',
    yFormat: '%',
    width: PAIR_WIDTH,
  };
}

/** `about` names the samples: `5,000 validation samples`. */
export async function calibrationFigure(calibration: Calibration, about: string): Promise<Html> {
  const filled = calibration.bins.filter(({ samples }) => samples > 0).length;
  const error = percent(calibration.expectedCalibrationError);
  const text = `Accuracy of ${about} by the probability of the predicted class, in ${filled} of ${calibration.bins.length} intervals. Points below the diagonal are overconfident. The expected calibration error is ${error}.`;
  return html`<div class="pair">${figure(await lineChart(reliabilityChart(calibration)), text)}</div>`;
}
