// What a report needs to know about one training run. Types only.

/** Everything the report page shows; plain data, nothing of the framework. */
export interface ReportData {
  /** Headline of the page. */
  readonly title: string;
  /** One or two sentences under the headline. */
  readonly summary?: string;
  /** Values per epoch by name: `loss`, `accuracy`, `val_loss`, `val_accuracy`; all of one length. */
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** Counts, `confusion[trueClass][predictedClass]`. */
  readonly confusion: readonly (readonly number[])[];
  /** One name per class, in label order. */
  readonly classNames: readonly string[];
  /** A few test images with what the model said about them. */
  readonly images: readonly ReportImage[];
  /** Facts of the run. */
  readonly run: RunFacts;
}

/** A grey image with its label and the model's answer. */
export interface ReportImage {
  /** Row-major grey values, 0 is black and 255 is white; length is width × height. */
  readonly pixels: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
  /** Index of the true class. */
  readonly label: number;
  /** Index of the predicted class. */
  readonly predicted: number;
  /** Probability of the predicted class, 0 to 1. */
  readonly confidence?: number;
}

/** Where and how the run took place. */
export interface RunFacts {
  /** Seconds spent in training. */
  readonly seconds: number;
  /** Number of trainable parameters. */
  readonly params: number;
  readonly nodeVersion: string;
  /** Name of the backend that computed. */
  readonly backend: string;
  readonly seed: number;
  readonly trainSize?: number;
  readonly testSize?: number;
  readonly batchSize?: number;
}
