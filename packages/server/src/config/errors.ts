/** A setting, a flag or an argument that cannot be used: stops the start with its message as the one line printed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
