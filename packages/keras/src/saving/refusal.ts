/**
 * Errors of what files ask for.
 */
import { FormatError } from '@dl/formats';
import { ConfigError, DlError } from '@dl/tensor';

/**
 * Runs what makes objects from a file. Constructors trust types, which a damaged or hostile file does not keep: whatever they
 * throw then is an error of the configuration.
 */
export function refusing<T>(what: () => string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof DlError || cause instanceof FormatError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`${what()} cannot be made from its configuration (${reason}); is the file damaged?`, {
      cause,
    });
  }
}
