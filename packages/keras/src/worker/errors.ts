/**
 * Errors on their way between threads.
 */
import { BackendError, ConfigError, DisposedError, DlError, DTypeError, FormatError, ShapeError } from '@dl/tensor';

/** An error as it is posted. */
export interface WireError {
  readonly name: string;
  readonly message: string;
}

const CLASSES: Readonly<Record<string, new (message: string) => Error>> = {
  BackendError,
  ConfigError,
  DisposedError,
  DlError,
  DTypeError,
  FormatError,
  ShapeError,
  TypeError,
  RangeError,
};

export function encodeError(error: unknown): WireError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, message };
}

/** An error of the same class where that is known, otherwise of the same name. */
export function decodeError({ name, message }: WireError): Error {
  if (Object.hasOwn(CLASSES, name)) return new CLASSES[name]!(message);
  return Object.defineProperty(new Error(message), 'name', { value: name });
}
