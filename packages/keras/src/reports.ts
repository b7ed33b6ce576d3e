/**
 * `@dl/keras/reports`: what training and models look like, as numbers and as pictures. Pictures are self-contained SVG or
 * HTML without scripts, light or dark as the reader prefers, with tables of the numbers in pages.
 */
import './setup.ts';

export { historyHTML, historySVG, type HistoryPictureOptions, type HistoryValues } from './reports/history.ts';
export { accuracyOf, confusionMatrix, type ConfusionMatrixOptions } from './reports/confusion.ts';
export {
  classBars,
  confusionMatrixHTML,
  confusionMatrixSVG,
  confusionTable,
  type ConfusionPictureOptions,
} from './reports/confusion-picture.ts';
export {
  precisionRecallCurve,
  rocCurve,
  type CurveOptions,
  type PrecisionRecallCurve,
  type RocCurve,
} from './reports/curves.ts';
export {
  precisionRecallCurveHTML,
  precisionRecallCurveSVG,
  rocCurveHTML,
  rocCurveSVG,
  type Curves,
} from './reports/curve-pictures.ts';
export {
  gradientHistograms,
  histogram,
  weightHistograms,
  type Histogram,
  type HistogramOptions,
} from './reports/histograms.ts';
export { histogramsHTML, histogramsSVG } from './reports/histogram-pictures.ts';
export { pca, type PCA } from './reports/pca.ts';
export { tsne, type TSNE, type TSNEOptions } from './reports/tsne.ts';
export { scatterHTML, scatterSVG, type ScatterOptions } from './reports/scatter.ts';
export type { Points } from './reports/points.ts';
export { reportPage, type PageOptions, type PictureOptions, type Section } from './reports/drawing.ts';
export { reportStyle } from './reports/style.ts';
export { escapeText, formatMeasure, formatShare } from './reports/text.ts';
