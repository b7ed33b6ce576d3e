/**
 * Errors of what files ask for.
 */
import { FormatError } from '@dl/formats';
import { ConfigError, DlError } from '@dl/tensor';

/**
 * Runs what makes objects from a file. Constructors trust types, which a damaged or hostile file does not keep: whatever they
 * throw then is an error of the configuration. Errors that do not name the file get its name.
 */
export function refusing<T>(where: string, what: () => string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    if (cause instanceof DlError) {
      if (cause.message.includes(where)) throw cause;
      const Kind = cause.constructor as new (message: string, options: ErrorOptions) => DlError;
      throw new Kind(`${where}: ${cause.message}`, { cause });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(
      `${where}: ${what()} cannot be made from its configuration (${reason}); is the file damaged?`,
      {
        cause,
      },
    );
  }
}
